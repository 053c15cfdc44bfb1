"""How a ledger whose entries are only added keeps up with states that are folded again.

What the accounts of a subject should hold follows from its state, which late news may change at any time. An entry, once
posted, is never changed: what is posted next is the difference between what should be there and what is. So the entries
of a subject always add up to its state, and each one says because of which event it was made.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeAlias


class Balance(NamedTuple):
    """What stands, or is to be added, on an account in one currency, in minor units: debits positive, credits negative."""

    account: str
    currency: str
    minor: int


Books: TypeAlias = Callable[[Any], Iterable[Balance]]
"""What the accounts of a state should hold; in each currency it adds up to nothing."""


def missing(posted: Mapping[tuple[str, str], int], due: Iterable[Balance]) -> list[Balance]:
    """The entries that bring the accounts from what is posted to what is due, by account and currency; none where they agree."""
    should = {(balance.account, balance.currency): balance.minor for balance in due}
    changes = {key: should.get(key, 0) - posted.get(key, 0) for key in sorted(should.keys() | posted.keys())}
    return [Balance(*key, minor) for key, minor in changes.items() if minor]
