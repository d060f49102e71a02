"""A simulator of message services over real HTTP, with an inbox page: a folder per service, found by scanning."""
