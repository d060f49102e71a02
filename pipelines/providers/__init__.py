"""Whoever does something for us over HTTP: carriers of messages, and Airflow."""
