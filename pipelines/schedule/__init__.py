"""When a message may go out: dates, quiet hours and sending limits."""
