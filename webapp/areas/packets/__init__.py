"""Packets: the list of them, the page of each, its held rows and its messages."""
