"""One file per cleaning rule."""
