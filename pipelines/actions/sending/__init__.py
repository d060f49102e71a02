"""Limits on what is sent, countries, and forecasts."""
