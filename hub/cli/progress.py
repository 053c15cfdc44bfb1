"""Show how far long work has come: a bar on a terminal, a line now and then elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

_PLAIN_EVERY = 5.0  # seconds between two lines where no terminal shows a bar


@contextmanager
def progress(doing: str, total: int, *, is_quiet: bool) -> Iterator[Callable[[int], None]]:
    """Call what is lent with the count that is done; it speaks on standard error."""
    from time import monotonic

    from rich.console import Console
    from rich.progress import Progress

    console, last = Console(stderr=True), monotonic()
    is_shown = console.is_terminal and not is_quiet
    with Progress(console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task(doing, total=total)

        def on_progress(done: int) -> None:
            nonlocal last
            if is_shown:
                bar.update(task, completed=done)
            elif not is_quiet and (now := monotonic()) - last >= _PLAIN_EVERY:
                last = now
                typer.echo(f"{doing}: {done:,} of {total:,}", err=True)

        yield on_progress
