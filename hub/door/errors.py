"""What the door answers where it does not do as asked: a status, and for each fault where it is and what was expected."""

from collections.abc import Sequence

from starlette.responses import JSONResponse, Response

from contracts.contract import Finding


class Denied(Exception):  # noqa: N818 - an answer, not a fault of ours
    """Ends a request with that status; `reason` is one word for programs, and nothing of what was sent is quoted."""

    def __init__(self, status: int, reason: str, *faults: Finding, after: float = 0.0) -> None:
        super().__init__(reason)
        self.status, self.reason, self.faults, self.after = status, reason, faults, after

    def response(self) -> Response:
        """The answer."""
        headers = {"retry-after": str(max(1, round(self.after)))} if self.status in {429, 503} else {}
        if self.status == 401:  # noqa: PLR2004 - RFC 9110: who may not, is told how it could
            headers["www-authenticate"] = 'Bearer realm="hub"'
        return JSONResponse({"error": self.reason, "faults": told(self.faults)}, self.status, headers)


def told(faults: Sequence[Finding]) -> list[dict[str, str]]:
    """Faults as a program reads them."""
    return [{"path": path, "expected": expected} for path, expected in faults]
