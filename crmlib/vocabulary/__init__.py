"""Floor 0: what things are called, which thresholds hold, in which language they are said."""
