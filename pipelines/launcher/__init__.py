"""Starts, watches and stops every process of a local Packetboat."""
