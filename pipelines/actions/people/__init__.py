"""What concerns the people who get messages: whom not to contact, what they agreed to and answer, erasing them."""
