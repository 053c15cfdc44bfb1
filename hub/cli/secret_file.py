"""Where a secret goes that is shown once: to the screen, or to a new file that only its owner may read."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Self


class SecretFile:
    """The file is opened before the act: an act whose secret cannot be kept must not begin. Without a path nothing is written."""

    def __init__(self, path: Path | None, option: str) -> None:
        self._path, self._option = path, option
        self._is_kept = False

    def __enter__(self) -> Self:
        from hub.errors import InputError

        if self._path is not None:
            try:
                self._file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            except OSError as error:
                raise InputError(self._option, f"a new file that can be written ({error.strerror})", str(self._path)) from None
        return self

    def told(self, secret: str | None) -> str | None:
        """The secret, to be shown once; None where there is none, or it was written to the file."""
        if self._path is None or secret is None:
            return secret
        os.write(self._file, f"{secret}\n".encode())
        self._is_kept = True
        return None

    def __exit__(self, *_: object) -> None:
        if self._path is None:
            return
        os.close(self._file)
        if not self._is_kept:
            with suppress(OSError):
                self._path.unlink()
