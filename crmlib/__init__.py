"""Customer-relationship training and review: vocabulary, data, measures, show, run (imports go down these floors only)."""

__version__ = "0.1.0"
