"""The samples are a newcomer's files. Tests run them in a copy of the tree."""

collect_ignore = ["samples"]
