"""Progress for whoever waits, on standard error: what is printed at the end stays clean."""

import sys


def say(words: str) -> None:
    """One line of progress."""
    print(words, file=sys.stderr, flush=True)
