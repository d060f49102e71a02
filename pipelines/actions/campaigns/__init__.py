"""Saving and checking campaigns, and the columns of their files."""
