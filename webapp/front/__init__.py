"""The HTTP server: one asynchronous process reads each request completely, within limits, before a thread handles it."""
