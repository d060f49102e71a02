"""What is done about messages after their lanes: unknown outcomes, missing reports, decisions of people."""
