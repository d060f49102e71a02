"""Who must not be contacted, and who has agreed to be."""
