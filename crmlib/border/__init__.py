"""The border: a company's own files become frozen tables, and every row is accounted for."""
