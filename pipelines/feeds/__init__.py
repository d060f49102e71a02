"""Feeds, a client's standing sources of packets: how their columns are mapped."""
