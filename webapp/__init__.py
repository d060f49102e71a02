"""Who sees it: the portal. Flask and Flask-AppBuilder live only here."""
