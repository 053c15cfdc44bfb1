"""What came of a simulated world: orders, freight, reminders and deliveries, and one order's thread from lead to receipt."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import typer

from hub.cli.printing import print_table

if TYPE_CHECKING:
    from hub.settings import Settings
    from hub.world.erp import Fate
    from hub.world.trade import Trade


async def came_of_it(settings: "Settings", trade: "Trade") -> None:
    """Print it, as the hub's stores tell it."""
    url = settings.database_url.get_secret_value()
    await _orders(url)
    await _freight(url, trade)
    await _reminders(url)
    await _deliveries(url)
    await _suppressions(url)
    await _thread(url, trade)


async def _reminders(url: str) -> None:
    cars, reminded, told = 0, 0, Counter[str]()
    async for row in _rows(url, "vehicles"):
        cars += 1
        steps = [step for reminder in row["reminders"] for step in reminder["told"]]
        reminded += bool(steps)
        told.update(steps)
    words = ", ".join(f"{count} {step.replace('_', ' ')}" for step, count in sorted(told.items()))
    typer.echo(f"\nOf {cars:,} cars {reminded:,} are due for a service, and their owners reminded: {words or 'none'}.")


async def _deliveries(url: str) -> None:
    came = Counter([(row["channel"] or "none yet", row["state"], row["reason"] or "") async for row in _rows(url, "deliveries")])
    typer.echo(f"\nThere were {came.total():,} messages to people; of what is long past nobody is told any more:")
    print_table(("channel", "state", "why", ">messages"), [(*what, f"{count:,}") for what, count in sorted(came.items())])


async def _suppressions(url: str) -> None:
    why = Counter[str]()
    async for row in _rows(url, "suppressions"):
        why.update(f"{row['channel']}: {reason}" for reason in row["reasons"] if row["is_suppressed"])
    words = ", ".join(f"{count} {word.replace('_', ' ')}" for word, count in sorted(why.items()))
    typer.echo(f"Addresses that are left alone from now on, because of what came back: {words or 'none'}.")


async def _orders(url: str) -> None:
    states = Counter([row["status"] async for row in _rows(url, "orders")])
    typer.echo(f"\nThe ERP was asked for {states.total():,} orders:")
    print_table(("state", ">orders"), _counted(states))


async def _freight(url: str, trade: "Trade") -> None:
    reasons, money, unclear, shipped = Counter[str](), Counter[str](), 0, 0
    async for row in _rows(url, "freight_charges"):
        shipped += row["despatched_at"] is not None
        unclear += row["status"] == "unclear"
        for one in row["findings"]:
            reasons[one["reason"]] += 1
            money[one["reason"]] += one["disputed_minor"]
    found = f"{reasons.total()} found, {unclear} of which it is too early to say"
    typer.echo(f"\nCarriers billed {shipped:,} consignments; of {trade.planted} errors planted {found}.")
    print_table(
        ("reason", ">found", ">asked too much"), [(what, count, f"{money[what] / 100:,.2f}") for what, count in sorted(reasons.items())]
    )


async def _thread(url: str, trade: "Trade") -> None:
    """One order from lead to receipt: the one of which there is most to tell."""
    from hub.operations.orders import Executed, executed

    if not trade.fates:
        return
    leads = {(row["principal"], row["ref"]) async for row in _rows(url, "opportunities") if row["lead"] and row["status"] == "won"}
    fate = max(trade.fates, key=lambda one: ((f"dealer:{one.asked.dealer}", one.asked.opportunity) in leads, one.is_completed))
    found = await executed(url, fate.asked.opportunity, dealer=fate.asked.dealer)
    if not isinstance(found, Executed):
        return
    lead = [row["lead"] async for row in _rows(url, "opportunities") if _is(row, fate)]
    carried = [row async for row in _rows(url, "freight_charges") if any(_names(one, fate) for one in row["allocations"])]
    said = found.execution
    typer.echo(f"\nOne order, {fate.asked.order}, from lead to receipt:")
    steps: list[tuple[str, str, str]] = [("lead", one, "") for one in lead if one]
    steps += [("opportunity", found.opportunity, f"{found.status}, won {found.wins} time(s)")]
    steps += [("order", row["number"] or row["order"], f"{row['status']}, {row['progress']} %") for row in _own(said.orders, fate)]
    steps += [(row["what"], row["document"], row["at"]) for row in _own(said.deliveries, fate)]
    steps += [("carriage", row["ref"], f"{row['status']}, {_share(row, fate) / 100:,.2f} {row['currency']} of its cost") for row in carried]
    steps += [("invoice", row["document"], row["at"]) for row in _own(said.invoices, fate)]
    steps += [("receipt", row["document"], row["at"]) for row in _own(said.receipts, fate)]
    print_table(("step", "which", "what"), list(dict.fromkeys(steps)))
    typer.echo(f"(hub opportunity execution {fate.asked.dealer}/{fate.asked.opportunity} shows all of it)")


def _is(row: Mapping[str, Any], fate: "Fate") -> bool:
    return bool(row["principal"] == f"dealer:{fate.asked.dealer}" and row["ref"] == fate.asked.opportunity)


def _own(rows: list[dict[str, Any]], fate: "Fate") -> list[dict[str, Any]]:
    return [row for row in rows if row["order"] == fate.asked.order]


def _names(share: Mapping[str, Any], fate: "Fate") -> bool:
    return bool(share["order"] == fate.asked.order)


def _share(row: Mapping[str, Any], fate: "Fate") -> int:
    return sum(one["minor"] for one in row["allocations"] if _names(one, fate))


def _rows(url: str, table: str) -> AsyncIterator[dict[str, Any]]:
    from hub.state.tables import rows

    return rows(url, table)


def _counted(counts: Counter[str]) -> list[tuple[str, str]]:
    return [(word.replace("_", " "), f"{count:,}") for word, count in sorted(counts.items())]
