"""What people answered: the list for a client, and the file of a packet."""
