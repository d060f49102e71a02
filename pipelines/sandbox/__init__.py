"""A provider simulator over real HTTP, with an inbox page."""
