"""Floor 2: pure functions, table in, table out, one concept a file. Measures do not import measures."""
