"""What people do, by area: one action per file, each in one transaction. Here is what the areas share."""
