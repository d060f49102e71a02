"""The people who may log in, and their roles: for administrators."""
