"""The portal. Only this package uses Flask and Flask-AppBuilder."""
