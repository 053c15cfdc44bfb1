"""How fast the hub is, beside what it could be at most, on the reader's own machine."""
