"""A simulated world of dealers that knows the truth by its own reckoning."""
