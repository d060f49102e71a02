"""From raw bytes to rows: every physical row is read or reported, none is dropped."""
