"""Post what a subject's accounts lack, in the transaction that changed its state."""

from collections.abc import Mapping

from hub.rules.books import missing
from hub.rules.decision import Subject
from hub.state import entries
from hub.state.store import Connection
from hub.stream import slips
from hub.stream.subjects import StoreFold


async def post(connection: Connection, consumer: str, result: StoreFold, changed: Mapping[Subject, int]) -> None:
    """Add the differences between what is posted and what the changed states ask for; what is no more is taken back.

    News of the past are posted too: the ledger tells nobody, it remembers. The state's row is locked by now, so nobody
    else posts for the subject.
    """
    books = result.declared.books
    if books is None or not changed:
        return
    posted = await entries.balances(connection, result.store, list(changed))
    rows: list[entries.Entry] = []
    for subject, version in sorted(changed.items()):
        folded, old = result.folded[subject], result.kept.get(subject)
        because = folded.because or (old.because if old else None)
        position = folded.position or (old.position if old else None)
        if because is None or position is None:
            continue
        due = () if folded.state is None else books(folded.state)
        posting = slips.name("posting", consumer, because, result.store, *subject, version)
        for account, currency, minor in missing(posted.get(subject, {}), due):
            rows.append(entries.Entry(*subject, posting, account, currency, minor, because, position.at))
    if rows:
        await entries.add(connection, result.store, rows)
