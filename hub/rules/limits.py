"""How much may go to a provider, and through it to a recipients' domain: limits as an operator writes them."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from hub.rules.windows import Limit

EXPECTED = "limits such as twilio=10/1s smtp=200/1s smtp@gmail.com=20/1s smtp@*=50/60s, with blanks between"

_ONE = re.compile(r"([a-z0-9_-]{1,40})(?:@(\*|[a-z0-9.-]{1,253}))?=([1-9][0-9]{0,5})/([1-9][0-9]{0,4})s\Z")


class Limits(NamedTuple):
    """Limits by scope: `smtp`, `smtp@gmail.com`, or `smtp@*` for each domain that has none of its own."""

    by_scope: Mapping[str, Limit]

    @classmethod
    def read(cls, text: str) -> "Limits":
        """Raises ValueError, which says what is expected, for what cannot be read, or names a scope twice."""
        found: dict[str, Limit] = {}
        for word in text.split():
            match = _ONE.match(word)
            scope = word.partition("=")[0]
            if match is None or scope in found:
                raise ValueError(EXPECTED)
            found[scope] = Limit(int(match[3]), timedelta(seconds=int(match[4])))
        return cls(found)

    def of(self, provider: str, address: str) -> dict[str, Limit]:
        """Those that hold for something sent to an address; the domain is what stands behind its @, if it has one."""
        held = {provider: self.by_scope[provider]} if provider in self.by_scope else {}
        _, at, domain = address.rpartition("@")
        own = f"{provider}@{domain.casefold()}"
        limit = self.by_scope.get(own) or self.by_scope.get(f"{provider}@*")
        return {**held, own: limit} if at and limit else held

    def is_kept(self, provider: str) -> bool:
        """Whether anything limits what goes to a provider, so that each start has its moment."""
        return any(scope.partition("@")[0] == provider for scope in self.by_scope)

    def claims_at_once(self, provider: str, most: int) -> int:
        """How many to have in hand: no more than may start within five windows, so that what is urgent waits no longer."""
        limit = self.by_scope.get(provider)
        return min(most, 5 * limit.most) if limit else most
