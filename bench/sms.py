"""`python -m bench.sms`: two couriers at a provider's limit: how much of the rate they reach, and whether any second sees more."""

import argparse
import asyncio
import json
import secrets
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from aiohttp import web

from bench.aside import beside, keep
from bench.pace import Pace
from bench.processes import running
from bench.say import say
from bench.watch import Watch
from hub.errors import InputError
from hub.local.folders import scratch
from hub.local.postgres import Postgres
from hub.rules.notices import Notice, Person
from hub.state import deliveries, rows
from hub.state.connect import connect
from hub.state.deliveries import Planned
from hub.state.migrations import upgrade_async
from hub.state.store import Connection

LEAST = 0.95
"""So much of the configured rate is to be reached."""


class Provider:
    """Takes every text at once, and notes when each came to its door."""

    def __init__(self) -> None:
        self.came: list[float] = []

    async def take(self, _request: web.Request) -> web.Response:
        """One request."""
        self.came.append(time.time())
        return web.json_response({"sid": f"SM{len(self.came):032x}"}, status=201)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[int]:
        """Listen; the port."""
        app = web.Application()
        app.router.add_post("/{path:.*}", self.take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield runner.addresses[0][1]
        finally:
            await runner.cleanup()


def main() -> None:
    """Plan texts for as long as told, let two couriers send them, and compare the stamps with the limit; exit code 1 where it is missed."""
    options = argparse.ArgumentParser(
        prog="python -m bench.sms", description=main.__doc__, epilog="example: python -m bench.sms --rate 100 --seconds 15"
    )
    options.add_argument("--rate", type=int, default=50, help="texts in a second, over both couriers; default 50")
    options.add_argument("--seconds", type=int, default=30, help="how long; default 30")
    options.add_argument("--results", type=Path, default=Path("bench/results.json"), help="where the figures go, under `sms`")
    chosen = options.parse_args()
    try:
        beside(chosen.results)
    except InputError as error:
        options.error(str(error))
    with scratch() as folder:
        found = asyncio.run(_measure(folder, chosen.rate, chosen.rate * chosen.seconds))
    keep(chosen.results, "sms", found)
    print(json.dumps(found, indent=2))
    if found["of_the_rate"] < LEAST or found["most_in_a_second"] > chosen.rate or found["copies"] != 1:
        raise SystemExit(1)


async def _measure(folder: Path, rate: int, count: int) -> dict[str, Any]:
    provider, postgres = Provider(), Postgres(folder / "postgres", password=secrets.token_hex(12), settings={})
    postgres.start()
    try:
        url = postgres.create_database("sms")
        await upgrade_async(url)
        connection = await connect(url, name="bench")
        await _plan(connection, count)
        async with provider.serving() as port:
            environment = {
                "HUB_DATABASE_URL": url,
                "HUB_SMS_ACCOUNT": "AC" + "0" * 32,
                "HUB_SMS_TOKEN": "bench",
                "HUB_SMS_URL": f"http://127.0.0.1:{port}",
                "HUB_SMS_FROM": "+4915112340000",
                "HUB_SMS_AT_ONCE": str(min(100, rate)),
                "HUB_COURIER_LIMITS": f"twilio={rate}/1s",
                "HUB_LOG_LEVEL": "error",
            }
            pace = Pace({"sms": count / rate}, {"sms": 1})
            say(f"{count:,} texts at {rate} a second by two couriers: about {pace.left}")
            async with running([["hub", "run", "courier"]] * 2, environment) as couriers:
                watch = Watch("sms", count, pace)
                while len(provider.came) < count:
                    couriers.check()
                    watch.look(len(provider.came))
                    await asyncio.sleep(0.2)
        stamps = [row[0].timestamp() for row in await connection.fetch("SELECT started_at FROM deliveries ORDER BY 1")]
        senders = await connection.fetchval("SELECT count(DISTINCT token) FROM deliveries WHERE state = 'sent'")
        await connection.close()
    finally:
        postgres.stop()
    return {
        "of_the_rate": round(reached(stamps) / rate, 3),
        "most_in_a_second": most_in(stamps, 1.0),
        "most_in_a_second_at_the_door": most_in(sorted(provider.came), 1.0),
        "rate": rate,
        "texts": count,
        "claims": senders,
        "copies": len(provider.came) / count,
    }


def reached(stamps: Sequence[float]) -> float:
    """Starts in a second, from the first up to the last, which is left out: it begins a second that is not measured."""
    span = stamps[-1] - stamps[0]
    return bisect_left(stamps, stamps[-1]) / span if span else 0.0


def most_in(stamps: Sequence[float], seconds: float) -> int:
    """The most in any stretch of that length, its end left out."""
    return max(bisect_left(stamps, stamp + seconds) - at for at, stamp in enumerate(stamps))


async def _plan(connection: Connection, count: int) -> None:
    """People with a number each, a text, and a purpose that needs no consent."""
    words = {"id": "due", "name": "due", "fields": [], "wordings": [{"language": "en", "sms": {"text": "Your car is ready."}}]}
    purpose = {"id": "orders", "name": "orders", "is_marketing": False, "needs_consent": []}
    for kind, body in (("template", words), ("consent_purpose", purpose)):
        await connection.execute(
            "INSERT INTO base_data"
            " (principal, ref, row_version, ordered_at, revision, tie, because, kind, id, effective_from, retired, body)"
            " VALUES ('oem', $1, 1, now(), 0, '', $2, $3, $4, $5, false, $6)",
            *(f"{kind}/{body['id']}@1900-01-01", uuid4(), kind, body["id"], date(1900, 1, 1), body),
        )
    await connection.execute(
        "INSERT INTO customers"
        " (principal, ref, row_version, ordered_at, revision, tie, because, customer_kind, name, status, phone, country, segments)"
        " SELECT 'dealer:ber-001', 'C-' || n, 1, now(), 0, '', gen_random_uuid(), 'person', 'C', 'active',"
        " '+49151' || (12340000 + n), 'DE', '[]' FROM generate_series(1, $1) AS n",
        count,
    )
    await rows.make(connection, [deliveries.ROWS])
    now = datetime.now(UTC)
    notices = [
        Notice(
            f"bench-{n}",
            Person("dealer:ber-001", "customer", f"C-{n}"),
            "orders",
            "ber-001",
            "due",
            now,
            now + timedelta(days=1),
            channel="sms",
            nature="transactional",
        )
        for n in range(1, count + 1)
    ]
    await deliveries.insert(connection, "reminders", [Planned(notice, uuid4()) for notice in notices])


if __name__ == "__main__":
    main()
