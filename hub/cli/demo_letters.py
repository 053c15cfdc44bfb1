"""What came of the demo's letters: whether every print batch is whole, and what came back of letters and mail."""

from typing import TYPE_CHECKING

import typer

from hub.cli.came_back import in_words
from hub.cli.printing import counted

if TYPE_CHECKING:
    from hub.cli.came_back import CameBack
    from hub.settings import Settings


def print_letters(settings: "Settings", letters: "CameBack", mail: "CameBack") -> bool:
    """Print what went by post, and what came back; returns whether every batch lies there as its manifest says."""
    from hub.operations.post import batches

    found = batches(settings.post_folder)
    faults = [fault for one in found for fault in one.faults]
    count = counted(len(found), "print batch", "print batches")
    state = f"NOT as the manifests say: {'; '.join(faults)}" if faults else "whole by manifest and checksums"
    typer.echo(f"\nThe printer found {sum(one.letters for one in found):,} letters in {count}, {state}.")
    for line in in_words(letters, mail):
        typer.echo(line)
    return not faults
