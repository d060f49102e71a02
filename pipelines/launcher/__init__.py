"""Starts, watches and ends the processes of an installation: PostgreSQL, Airflow, the portal, the sandbox."""
