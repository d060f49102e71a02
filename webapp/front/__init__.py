"""How HTTP requests get in: one asynchronous process reads each of them whole, within limits, before a thread works on it."""
