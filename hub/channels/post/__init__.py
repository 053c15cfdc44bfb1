"""Letters: their pages, the batches that a printer takes over, and what comes back."""
