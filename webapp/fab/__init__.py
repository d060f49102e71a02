"""How the portal stands on Flask-AppBuilder: how views are found and guarded, its menu, its people and their log-ins, the look of all pages."""
