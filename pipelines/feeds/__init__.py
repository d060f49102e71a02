"""What is known of a client's standing sources of packets: how their columns are read."""
