"""Simulates message services over real HTTP, with an inbox page. One folder per service, found by scanning."""
