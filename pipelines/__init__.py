"""What happens to a data packet, from an uploaded file to messages received. Knows neither Airflow nor Flask."""
