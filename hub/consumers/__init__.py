"""Who listens: one file per consumer."""
