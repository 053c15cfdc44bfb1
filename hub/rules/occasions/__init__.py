"""Reminders of what comes on a day that somebody names: of an invoice that is to be paid, of a car that may soon be another."""
