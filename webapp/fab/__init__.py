"""The portal's base on Flask-AppBuilder: finding and guarding views, the menu, log-ins, and the look of all pages."""
