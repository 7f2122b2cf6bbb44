"""Floor 1: a company's own files become canonical tables, once, and every row is accounted for."""
