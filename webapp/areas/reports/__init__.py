"""Reports: a file each, which names a statement (docs/adding-a-report.md)."""
