"""The samples are a newcomer's files: tests run them in a copy of the tree, where they belong."""

collect_ignore = ["samples"]
