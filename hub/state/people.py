"""Who people are at this moment, for those who are about to be told something: name, language and addresses from their newest state."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from contracts.values import PersonKind
from hub.rules.notices import Person
from hub.state.store import Connection

_CUSTOMERS = """
SELECT c.principal, c.ref, c.name, c.language, c.country, c.email, c.phone, c.street, c.postal_code, c.city, c.region,
    CASE WHEN c.status = 'deceased' THEN 'deceased' END
FROM unnest($1::text[], $2::text[]) AS n (principal, ref) JOIN customers c ON c.principal = n.principal AND c.ref = n.ref
"""
_CONTACTS = """
SELECT p.principal, p.ref, p.name, coalesce(p.language, c.language), c.country, p.email, p.phone, c.street, c.postal_code, c.city, c.region,
    CASE WHEN NOT p.is_active THEN 'left' END
FROM unnest($1::text[], $2::text[]) AS n (principal, ref) JOIN contacts p ON p.principal = n.principal AND p.ref = n.ref
LEFT JOIN customers c ON c.principal = p.principal AND c.ref = p.customer
"""
_PROSPECTS = """
SELECT l.principal, l.ref, l.name, c.language, c.country, coalesce(l.email, c.email), coalesce(l.phone, c.phone),
    c.street, c.postal_code, c.city, c.region, CASE WHEN c.status = 'deceased' THEN 'deceased' END
FROM unnest($1::text[], $2::text[]) AS n (principal, ref) JOIN leads l ON l.principal = n.principal AND l.ref = n.ref
LEFT JOIN customers c ON c.principal = l.principal AND c.ref = l.customer
"""
_OF_KIND: Mapping[PersonKind, str] = {"customer": _CUSTOMERS, "contact": _CONTACTS, "prospect": _PROSPECTS}


class Home(NamedTuple):
    """Where somebody lives, as their source writes it."""

    street: str | None
    postal_code: str | None
    city: str | None
    region: str | None
    country: str | None


class Addressee(NamedTuple):
    """A person as they are to be written to; `gone` says why nobody is there."""

    name: str
    language: str | None
    country: str | None
    email: str | None
    phone: str | None
    address: Home | None
    gone: str | None


NOBODY = Addressee("", None, None, None, None, None, "unknown_person")
"""Of whom there is no state."""


async def addressees(connection: Connection, persons: Sequence[Person]) -> dict[Person, Addressee]:
    """Everybody asked for, those that are not known as NOBODY."""
    found = dict.fromkeys(persons, NOBODY)
    for kind, statement in _OF_KIND.items():
        wanted = sorted({(person.principal, person.ref) for person in found if person.kind == kind})
        if wanted:
            for row in await connection.fetch(statement, *map(list, zip(*wanted, strict=True))):
                principal, ref, name, language, country, email, phone, street, postal_code, city, region, gone = row
                there = Home(street, postal_code, city, region, country) if street else None
                found[Person(principal, kind, ref)] = Addressee(name, language, country, email, phone, there, gone)
    return found
