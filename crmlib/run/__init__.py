"""Floor 4: the monthly review, publishing, and the command line."""
