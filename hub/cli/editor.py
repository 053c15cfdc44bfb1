"""Open a text in the editor that a person prefers."""

import os
import shlex
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hub.errors import HubError, InputError


def edited(text: str, name: str) -> str | None:
    """The text as it was left; None where the editor failed, or left nothing.

    The file is in a folder of its own that nobody else may enter and that is gone afterwards, with whatever copies the
    editor made: what is edited here may be somebody's personal data.
    """
    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ("vi" if sys.stdin.isatty() else "")
    if not editor:
        raise InputError("--body", "given, or --set, where no editor can be opened: neither VISUAL nor EDITOR is set")
    try:
        words = shlex.split(editor)
    except ValueError:
        raise InputError("EDITOR", "a command, its quotes closed", editor) from None
    with TemporaryDirectory(prefix="hub-") as folder:
        path = Path(folder) / name
        path.write_text(text + "\n", encoding="utf-8")
        try:
            done = subprocess.run([*words, str(path)], check=False)  # noqa: S603 - the person's own words
        except OSError as error:
            raise HubError(f"the editor {editor!r} cannot be started: {error.strerror}") from None
        try:
            left = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None
    return left.rstrip("\n") if done.returncode == 0 and left.strip() else None
