"""One customer behind many records."""
