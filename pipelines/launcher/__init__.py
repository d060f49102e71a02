"""Starts, watches and stops the processes of an installation: PostgreSQL, Airflow, the portal, the sandbox."""
