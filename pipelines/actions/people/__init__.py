"""What concerns the people who get messages: whom not to contact, and what they answer."""
