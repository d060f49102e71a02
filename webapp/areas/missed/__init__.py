"""Messages whose outcome a person has to find out."""
