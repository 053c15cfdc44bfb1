"""What the hub decides: pure folds without I/O, clock or settings."""
