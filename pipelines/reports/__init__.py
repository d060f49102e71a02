"""The read models of the pages, read with few statements in the viewer's transaction. Nothing here writes."""
