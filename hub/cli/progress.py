"""Show how far long work has come: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Protocol

import typer

_PLAIN_EVERY = 5.0  # seconds between two lines where no terminal shows a bar


class OnProgress(Protocol):
    """Hears how much is done, and of how much where that was not known before."""

    def __call__(self, done: int, total: int = 0, /) -> None:
        """Tell it."""


@contextmanager
def progress(doing: str, total: int = 0, *, is_quiet: bool) -> Iterator[OnProgress]:
    """Call what is lent with the count that is done; it speaks on standard error."""
    from rich.console import Console
    from rich.progress import Progress

    console, last = Console(stderr=True), monotonic()
    is_shown = console.is_terminal and not is_quiet
    with Progress(console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task(doing, total=total or None)

        def on_progress(done: int, of: int = total, /) -> None:
            nonlocal last
            if is_shown:
                bar.update(task, completed=done, total=of or None)
            elif not is_quiet and (now := monotonic()) - last >= _PLAIN_EVERY:
                last = now
                typer.echo(f"{doing}: {done:,} of {of:,}", err=True)

        yield on_progress
