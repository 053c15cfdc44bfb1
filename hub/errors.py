"""The errors a person may see, each with what was expected of them."""


class HubError(Exception):
    """Something a person can mend: printed without a traceback, exit code 2."""


class InputError(HubError):
    """Input that names the offending field.

    `path` is where (a field path, an option, a setting, `file:line`), `expected` what would have been right.
    """

    def __init__(self, path: str, expected: str, got: object = None) -> None:
        self.path, self.expected, self.got = path, expected, got
        super().__init__(f"{path}: expected {expected}" + ("" if got is None else f", got {got!r}"))


class Unavailable(HubError):  # noqa: N818 - it says what is the matter, as its message does
    """A server that ought to answer does not: say which, and where it was looked for."""
