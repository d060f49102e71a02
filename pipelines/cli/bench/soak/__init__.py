"""The parts of `packetboat bench chaos`: processes that are killed, faults of the providers, and the comparison with their journal."""
