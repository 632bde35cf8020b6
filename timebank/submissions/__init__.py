"""Forms that were sent before: the same form sent twice has one effect."""
