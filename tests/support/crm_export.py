"""Generate a CRM export with known dirt: what an import must repair, refuse and count follows from how it was made."""

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

LAST_DAY = date(2019, 6, 30)
PRODUCTS = ("Falcon Base", "Falcon Pro", "Heron 200")
STAFF = ("Ada Wold", "Bo Lindqvist", "Cai Moreno")
ACCOUNT_COLUMNS = ("account", "sector", "year_established", "revenue", "employees", "office_location", "subsidiary_of")
PIPELINE_COLUMNS = (
    *("opportunity_id", "sales_agent", "product", "account", "deal_stage"),
    *("engage_date", "close_date", "close_value", "shoe_size"),
)


@dataclass
class Made:
    """What was written: customers, opportunities by how they stand, and how often each kind of dirt was put in."""

    customers: int = 0
    standing: Counter[tuple[str, str]] = field(default_factory=Counter)
    repairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    lines: Counter[str] = field(default_factory=Counter)
    unassigned: int = 0
    won_minor: int = 0


def written(day: date) -> str:
    """A day as such exports write it."""
    return day.strftime("%d-%m-%y")


def generate(folder: Path, seed: int = 1, accounts: int = 20, opportunities: int = 300) -> Made:
    """Write the four files into a folder."""
    rng, made = Random(seed), Made()
    products = [(name, name.split()[0], 1000 + n) for n, name in enumerate(PRODUCTS)]
    _write(folder / "x_products.csv", ("product", "series", "sales_price"), products)
    _write(folder / "x_sales_teams.csv", ("sales_agent", "manager"), [(name, "Dee Okafor") for name in STAFF])
    names = [f"Invented {n:03} Ltd" for n in range(accounts)]
    _write(folder / "x_accounts.csv", ACCOUNT_COLUMNS, [_account(rng, made, name, names) for name in names])
    rows = [_opportunity(rng, made, n, names) for n in range(opportunities)]
    rows.append(_last_one(made, names[0]))
    path = folder / "x_sales_pipeline.csv"
    _write(path, PIPELINE_COLUMNS, rows)
    _spoil(path, made, rows)
    made.lines["x_accounts.csv"] = accounts
    return made


def _account(rng: Random, made: Made, name: str, names: list[str]) -> tuple[object, ...]:
    made.customers += 1
    sector, country = rng.choice(("technology", "technolgy", "medical")), rng.choice(("Norway", "Philipines", "Korea", "Atlantis", "NO"))
    if sector == "technolgy":
        made.repairs["sector", "technology"] += 1
    if country in {"Philipines", "Korea", "Atlantis"}:
        became = {"Philipines": "Philippines", "Korea": "South Korea"}.get(country, "left out: a country that the mapping does not know")
        made.repairs["office_location", became] += 1
    parent = rng.choice(("", "", names[0].upper(), "Nobody & Sons")) if name != names[0] else ""
    if parent:
        made.repairs["subsidiary_of", names[0] if parent.startswith("INV") else "left out: no account of that name"] += 1
    revenue = f"{rng.randrange(1, 9000)}.{rng.randrange(100):02}"
    return name, sector, rng.randrange(1950, 2019), revenue, rng.randrange(5, 9000), country, parent


def _opportunity(rng: Random, made: Made, number: int, names: list[str]) -> tuple[object, ...]:
    word = rng.choice(("Prospecting", "Engaging", "Won", "Won", "Lost"))
    opened = LAST_DAY - timedelta(days=rng.randrange(20, 700))
    closed = opened + timedelta(days=rng.randrange(20))
    account, product = rng.choice((*names, "", "", "Gone With The Wind Ltd")), rng.choice((*PRODUCTS, "FalconPro", "heron 200", "Kite"))
    if product in {"FalconPro", "heron 200", "Kite"}:
        became = {"FalconPro": "Falcon Pro", "heron 200": "Heron 200"}.get(product, "kept, though no file lists it")
        made.repairs["product", became] += 1
    if account not in names:
        made.repairs["account", "left out: no account of that name" if account else "customer not known"] += 1
        made.unassigned += 1
    is_dated, is_closed = word != "Prospecting", word in {"Won", "Lost"}
    if not is_dated:
        made.repairs["engage_date", f"date missing: taken as {LAST_DAY.isoformat()}, the export's own day"] += 1
    value = {"Won": rng.randrange(1, 90_000), "Lost": 0}.get(word, "")
    made.won_minor += int(value) * 100 if word == "Won" else 0
    stage = "prospecting" if word == "Prospecting" else "engaging"
    made.standing["open" if not is_closed else word.lower(), stage] += 1
    days = written(opened) if is_dated else "", written(closed) if is_closed else ""
    return f"OPP{number:05}", rng.choice(STAFF), product, account, word, *days, value, rng.randrange(36, 47)


def _last_one(made: Made, account: str) -> tuple[object, ...]:
    made.standing["lost", "engaging"] += 1
    day = written(LAST_DAY)
    return "OPP-LAST", STAFF[0], PRODUCTS[0], account, "Lost", day, day, 0, 40


def _spoil(path: Path, made: Made, rows: list[tuple[object, ...]]) -> None:
    """Add lines that must be refused, each for one reason, and blank ones that are no lines."""
    good = ("SPOILT", STAFF[0], PRODUCTS[0], "", "Won", "01-02-19", "05-02-19", "10", "40")

    def spoilt(**changes: str) -> str:
        values = dict(zip(PIPELINE_COLUMNS, good, strict=True)) | changes
        return ",".join(values.values())

    lines = {
        "deal_stage": spoilt(deal_stage="Thinking"),
        "engage_date": spoilt(engage_date="31-02-19"),
        "close_date": spoilt(close_date="31-01-19"),
        "close_value": spoilt(close_value="-5"),
        "opportunity_id": spoilt(opportunity_id=str(rows[0][0])),
        "": spoilt() + ",one too many",
        "sales_agent": spoilt(sales_agent="A\0B"),
        "product": spoilt(product="P" * 20_000),
    }
    unclosed = spoilt(opportunity_id='"SPOILT')
    future = spoilt(close_date="01-01-68")
    with path.open("a", newline="") as file:
        file.write("\r\n" + "\r\n".join([*lines.values(), unclosed, future]) + "\r\n\r\n")
    made.refused.update([*lines, "", "close_date"])
    made.lines[path.name] = len(rows) + len(lines) + 2


def _write(path: Path, columns: tuple[str, ...], rows: Sequence[tuple[object, ...]]) -> None:
    with path.open("w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
