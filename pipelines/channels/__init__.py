"""One file per channel: limits, segments, which address, how a text is rendered."""
