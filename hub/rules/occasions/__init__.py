"""Reminders of what comes once, on a day that somebody names: of an invoice that is to be paid."""
