"""What came of a simulated world: orders, freight, reminders and deliveries, and one vehicle's thread from lead to last visit."""

from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import counted, print_table

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.world.trade import Trade


async def came_of_it(settings: "Settings", trade: "Trade") -> None:
    """Print it, as the hub's stores tell it."""
    url = settings.database_url.get_secret_value()
    await _orders(url)
    await _freight(url, trade)
    await _reminders(url)
    await _occasions(url)
    await _complaints(url)
    await _deliveries(url)
    await _suppressions(url)


async def _reminders(url: str) -> None:
    cars, reminded, told = 0, 0, Counter[str]()
    async for row in _rows(url, "vehicles"):
        cars += 1
        steps = [step for reminder in row["reminders"] for step in reminder["told"]]
        reminded += bool(steps)
        told.update(steps)
    typer.echo(
        f"\nOf {cars:,} cars {reminded:,} are due for a service, and their owners were reminded by steps of its plan: {_listed(told)}."
    )


async def _occasions(url: str) -> None:
    known, over, told, steps = Counter[str](), Counter[str](), Counter[str](), dict[str, Counter[str]]()
    async for row in _rows(url, "occasions"):
        kind = row["kind"]
        known[kind] += 1
        over[kind] += row["ended_as"] is not None
        told[kind] += bool(row["told"])
        steps.setdefault(kind, Counter()).update(row["told"])
    typer.echo("\nReminders of days that somebody named, to dealer and customer, by the steps of their plans:")
    print_table(
        ("of", ">days known", ">over", ">reminded of", "by step"),
        [
            (kind.replace("_", " "), f"{count:,}", f"{over[kind]:,}", f"{told[kind]:,}", _listed(steps[kind]))
            for kind, count in sorted(known.items())
        ],
    )


async def _complaints(url: str) -> None:
    known = [row async for row in _rows(url, "complaints")]
    alarmed = [row async for row in _rows(url, "agendas") if row["kind"] == "complaint" and any(item["told"] for item in row["items"])]
    is_open = sum(row["status"] == "open" for row in known)
    typer.echo(f"\nOf {len(known):,} complaints {is_open:,} are open; whoever has them in hand was reminded of {len(alarmed):,}.")


async def _deliveries(url: str) -> None:
    came = Counter([(row["channel"] or "none", row["state"], row["reason"] or "") async for row in _rows(url, "deliveries")])
    typer.echo(f"\nThere were {came.total():,} messages to people; of what is long past nobody is told any more:")
    print_table(("channel", "state", "why", ">messages"), [(*what, f"{count:,}") for what, count in sorted(came.items())])


async def _suppressions(url: str) -> None:
    why = Counter[str]()
    async for row in _rows(url, "suppressions"):
        why.update(f"{row['channel']}: {reason}" for reason in row["reasons"] if row["is_suppressed"])
    words = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(why.items()))
    typer.echo(f"Addresses that are left alone from now on, because of what came back: {words or 'none'}.")


async def _orders(url: str) -> None:
    states, missing = Counter[str](), Counter[str]()
    async for row in _rows(url, "orders"):
        if row["opportunity"] is None:
            continue  # the workshop's own: nobody asked for them
        states[row["status"]] += 1
        missing.update(one["paper"] for one in row["missing"])
    typer.echo(f"\nThe ERP was asked for {states.total():,} orders:")
    print_table(("state", ">orders"), _counted(states))
    words = ", ".join(counted(count, paper.replace("_", " ")) for paper, count in sorted(missing.items()))
    typer.echo(f"Not come in the agreed time: {words or 'nothing'} (hub orders list --missing any).")


async def _freight(url: str, trade: "Trade") -> None:
    from hub.rules.money import written

    reasons, money, unclear, shipped = Counter[str](), dict[str, Counter[str]](), 0, 0
    async for row in _rows(url, "freight_charges"):
        shipped += row["despatched_at"] is not None
        unclear += row["status"] == "unclear"
        for one in row["findings"]:
            reasons[one["reason"]] += 1
            money.setdefault(one["reason"], Counter())[one["currency"]] += one["disputed_minor"]
    found = f"{reasons.total()} were found"
    early = f"; {unclear} are bills for what nobody has despatched: they wait a week for its advice" if unclear else ""
    typer.echo(f"\nCarriers billed {shipped:,} consignments; of {trade.planted} errors planted {found}{early}.")
    print_table(
        ("reason", ">found", ">asked too much"),
        [
            (what.replace("_", " "), count, ", ".join(written(minor, currency) for currency, minor in sorted(money[what].items())))
            for what, count in sorted(reasons.items())
        ],
    )


async def one_thread(settings: "Settings", trade: "Trade") -> None:
    """Print one vehicle from lead to last visit: the one of which there is most to tell."""
    from hub.cli.thread import print_thread
    from hub.operations.threads import Thread, thread
    from hub.rules.decision import dealer_of

    url = settings.database_url.get_secret_value()
    led = {
        f"{dealer_of(row['principal'])}/{row['ref']}#1"
        async for row in _rows(url, "opportunities")
        if row["lead"] and row["status"] == "won" and row["wins"] == 1 and not row["reopenings"]
    }
    if not trade.threads:
        return
    known = {}
    for name, steps in sorted(trade.threads.items()):
        known[name] = len({what for what, _ in steps}), any(("order", order) in steps for order in led)
    vin = max(known, key=lambda one: known[one])
    found = await thread(url, vin)
    if isinstance(found, Thread):
        typer.echo(f"\nOne vehicle from lead to last visit, put together from what dealers, the ERP and carriers said (hub thread {vin}):")
        print_thread(found)


def _rows(url: str, table: str) -> AsyncIterator[dict[str, Any]]:
    from hub.state.tables import rows

    return rows(url, table)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in sorted(counts.items())) or "none"


def _counted(counts: Counter[str]) -> list[tuple[str, str]]:
    return [(word.replace("_", " "), f"{count:,}") for word, count in sorted(counts.items())]
