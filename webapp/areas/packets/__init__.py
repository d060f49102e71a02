"""Packets: the list, the page of each packet, its held rows and its messages."""
