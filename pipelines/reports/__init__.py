"""What the pages show, read in one statement each through the viewer's transaction; nothing here changes anything."""
