"""A ledger with a campaign in it: everybody's delivery, their consents, what they got this week, and some who must not get it."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from bench.mail_senders import CAMPAIGN
from bench.say import say
from hub.channels.almanac import Almanac
from hub.errors import HubError
from hub.rules.quiet_hours import Hours
from hub.state.connect import connect
from hub.state.store import Connection

HOURS = "00:00-23:59"
CAP = 3
DEALERS = 1_000
KEPT_OUT = ("withdrawn", "no_consent", "complaint", "frequency_cap")
"""Why some may not get it."""
_COUNTRIES = ("DE", "AT", "CH", "FR", "IT", "ES", "NL", "BE", "DK", "SE", "PL", "CZ")
_CHUNK = 50_000
_HEAD = "principal, ref, row_version, ordered_at, revision, tie, because"
_HEADED = "1, $3, 0, '', gen_random_uuid()"
_EVERYBODY = f"""
SELECT 'dealer:d-' || n % {DEALERS} AS principal, 'C-' || n AS person, 'd-' || n % {DEALERS} AS dealer,
       'anna.' || n || '@example.test' AS mail, 'email/news/d-' || n % {DEALERS} || '/customer/C-' || n AS consent, n
FROM generate_series($1::int, $2::int) AS n
"""  # noqa: S608 - names of our own
_CUSTOMERS = f"""
INSERT INTO customers ({_HEAD}, customer_kind, name, language, status, email, phone, street, postal_code, city, country, segments)
SELECT principal, person, {_HEADED}, 'person', 'Anna ' || n, 'en', 'active', mail, '+49 30 0000 ' || n, 'Allee ' || n, '10115', 'Berlin',
       $4, '[]' FROM ({_EVERYBODY}) AS e
"""  # noqa: S608 - names of our own
_CONSENTS = f"""
INSERT INTO consents ({_HEAD}, channel, purpose, grantee, person_kind, person, status, since)
SELECT principal, consent, {_HEADED}, 'email', 'news', dealer, 'customer', person, $4, $3 FROM ({_EVERYBODY}) AS e
"""  # noqa: S608 - names of our own
_SUPPRESSIONS = f"""
INSERT INTO suppressions ({_HEAD}, channel, address, grantee, purpose, reasons, is_suppressed, is_barred, since)
SELECT 'hub', 'email/' || key || '/*/*', {_HEADED}, 'email', key, '*', '*', '{{"complaint": "2026-01-01T00:00:00Z"}}', true, false, $3
FROM (SELECT *, encode(sha256(convert_to('email:' || mail, 'UTF8')), 'hex') AS key FROM ({_EVERYBODY}) AS e) AS k
"""  # noqa: S608 - names of our own
_DELIVERIES = f"""
INSERT INTO deliveries (id, dedupe_key, principal, person_kind, person, purpose, grantee, nature, channel, template, fields, documents,
                        campaign, priority, due_at, expires_at, because, consumer, state, changed_at, address, is_counted, attempts)
SELECT gen_random_uuid(), $4::text || '/' || person, principal, 'customer', person, 'news', dealer, 'marketing', 'email', $5,
       jsonb_build_object('name', 'Anna ' || n, 'due', '2026-06-01', 'book', 'https://hub.test/book/' || n), '[]',
       $4, 2, $3::timestamptz, $3 + interval '30 days', gen_random_uuid(), 'planner', $6::text, $3, mail, $6 = 'sent', ($6 = 'sent')::int
FROM ({_EVERYBODY}) AS e
"""  # noqa: S608 - names of our own
_STATES = "SELECT state, reason, count(*) FROM deliveries WHERE campaign = 'spring' GROUP BY 1, 2"
_TOLD = "SELECT coalesce(sum(events), 0)::bigint FROM outbox"
_BEYOND = """
SELECT count(*) FROM (
    SELECT FROM deliveries WHERE is_counted AND state = 'sent' AND changed_at > now() - interval '7 days'
    GROUP BY person, principal HAVING count(*) > $1
) AS p
"""
_OPEN = "SELECT EXISTS (SELECT FROM deliveries WHERE state = 'claimed' OR state = 'planned' AND reason IS NULL)"


async def fill(url: str, messages: int) -> None:
    """So many who are to get the campaign, of whom each got one mail this week, and beside them those who may not get it."""
    say(f"planning {messages:,} mails")
    connection = await connect(url, name="bench", command_timeout=600)
    now = datetime.now(UTC)
    purpose = {"id": "news", "name": "news", "is_marketing": True, "needs_consent": ["email"]}
    await _lay_down(connection, "template", {**CAMPAIGN, "id": "due"})
    await _lay_down(connection, "consent_purpose", purpose)
    country, apart = awake(now), kept_out(messages)
    groups = [("", 1, messages), *((why, messages + at * apart + 1, messages + (at + 1) * apart) for at, why in enumerate(KEPT_OUT))]
    for why, begin, end in groups:
        status = "withdrawn" if why == "withdrawn" else "given"
        before = CAP if why == "frequency_cap" else 1
        for first in range(begin, end + 1, _CHUNK):
            span = first, min(end, first + _CHUNK - 1)
            await connection.execute(_CUSTOMERS, *span, now, country)
            if why != "no_consent":
                await connection.execute(_CONSENTS, *span, now - timedelta(days=300), status)
            if why == "complaint":
                await connection.execute(_SUPPRESSIONS, *span, now)
            for number in range(before):
                await connection.execute(_DELIVERIES, *span, now - timedelta(days=number + 1), f"week-{number}", "due", "sent")
            await connection.execute(_DELIVERIES, *span, now, "spring", "due", "planned")
    for table in ("customers", "consents", "suppressions", "deliveries"):
        await connection.execute(f"VACUUM (ANALYZE) {table}")
    await connection.close()


def kept_out(messages: int) -> int:
    """How many may not get it, for each reason."""
    return max(1, messages // 80)


def awake(now: datetime) -> str:
    """A country where nobody has a holiday for the next hours, and so nothing waits for its end."""
    almanac = Almanac("DE", Hours.read(HOURS))
    hours = [now + timedelta(hours=hour) for hour in range(4)]
    for country in _COUNTRIES:
        if all(almanac.awake_at(country, "", hour) == hour for hour in hours):
            return country
    raise HubError("bench: it is a holiday everywhere, or just before midnight; come back later")


async def is_done(connection: Connection) -> bool:
    """Whether a courier has been through each of them."""
    return not await connection.fetchval(_OPEN)


async def verify(connection: Connection, messages: int) -> None:
    """Everybody who may got it, nobody else did and each for their own reason, all of it is told, and nobody is beyond the cap."""
    found = {(row[0], row[1]): row[2] for row in await connection.fetch(_STATES)}
    apart = kept_out(messages)
    wanted = {("sent", None): messages, ("planned", "frequency_cap"): apart}
    wanted |= {("excluded", why): apart for why in KEPT_OUT if why != "frequency_cap"}
    told, beyond = await connection.fetchval(_TOLD), await connection.fetchval(_BEYOND, CAP)
    if (found, told, beyond) != (wanted, messages + 3 * apart, 0):
        raise HubError(f"bench: expected {wanted}, all but those capped told, none beyond the cap; found {found}, {told}, {beyond}")


async def _lay_down(connection: Connection, kind: str, body: dict[str, Any]) -> None:
    await connection.execute(
        f"INSERT INTO base_data ({_HEAD}, kind, id, effective_from, retired, body)"  # noqa: S608 - names of our own
        " VALUES ('oem', $1, 1, now(), 0, '', $2, $3, $4, $5, false, $6)",
        *(f"{kind}/{body['id']}@1900-01-01", uuid4(), kind, body["id"], date(1900, 1, 1), body),
    )
