"""Invent people, firms and their addresses: no name, mail domain or number belongs to anybody.

Telephone numbers come from ranges that regulators keep for film and print: Ofcom (020 7946 0xxx, 07700 900xxx),
NANPA (555-0100 to 0199), Bundesnetzagentur (030 23125 xxx, 069 90009 xxx). Mail domains: RFC 2606.
"""
# ruff: noqa: PLR2004 - shares are the data of an invented world

from random import Random
from typing import Any

_FIRST = ("bel", "dor", "fen", "gil", "hal", "jor", "kel", "lim", "mar", "nol", "pen", "ral", "sol", "tam", "vel", "wen")
_MIDDLE = ("a", "e", "i", "o", "u", "an", "er", "il", "on", "ü")
_LAST = ("bach", "dahl", "fort", "gard", "ko", "la", "mer", "ni", "ra", "son", "tov", "wick", "ska", "ø")
_FIRMS = ("Works", "Fleet", "Logistics", "Bakery", "Gardens", "Clinic", "Sons & Co", "Rental", "Couriers", "School")
_STREETS = ("Invented Lane", "Sample Street", "Nowhere Road", "Example Avenue", "Am Musterplatz")
_CITIES = (("Beispielstadt", "DE"), ("Sampleton", "GB"), ("Exampleville", "US"), ("Musterdorf", "AT"), ("Villexemple", "FR"))
_DOMAINS = ("example.com", "example.org", "example.net")
_LANGUAGES = ("de", "en", "fr", "pl", "es")
_SECTORS = ("crafts", "trade", "health", "transport", "public", "farming")

NOTES = (
    "Prefers to be called in the afternoon.",
    "Asked twice about delivery times;\nwants a written answer.",
    '=HYPERLINK("x") {{7*7}} \'; drop table customers; --',
    "<script>alert(1)</script> ../../etc",
    "“Quoted”, \u202eturned\u202c, 🚗 and a\ttab",
    "Zwei Kinder, ein Hund; fährt täglich 80 km.",
)


def word(rng: Random) -> str:
    """An invented proper name."""
    return (rng.choice(_FIRST) + rng.choice(_MIDDLE) + rng.choice(_LAST)).capitalize()


def person(rng: Random) -> str:
    """A first and a last name."""
    return f"{word(rng)} {word(rng)}"


def firm(rng: Random) -> str:
    """The name of an organisation."""
    return f"{word(rng)} {rng.choice(_FIRMS)}"


def email(rng: Random, name: str) -> str:
    """A mail address in a domain that is kept for examples."""
    local = ".".join(part for part in "".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split())
    return f"{local}{rng.randrange(100)}@{rng.choice(_DOMAINS)}"


def phone(rng: Random) -> str:
    """A number that rings nowhere, written in one of the ways people write numbers."""
    match rng.randrange(5):
        case 0:
            return f"+44 20 7946 0{rng.randrange(1000):03}"
        case 1:
            return f"+44 7700 900{rng.randrange(1000):03}"
        case 2:
            return f"+1 (202) 555-01{rng.randrange(100):02}"
        case 3:
            return f"+493023125{rng.randrange(1000):03}"
        case _:
            return f"069 90009-{rng.randrange(1000):03}"


def address(rng: Random) -> dict[str, Any]:
    """A postal address; some of its lines may be missing."""
    city, country = rng.choice(_CITIES)
    found: dict[str, Any] = {"street": f"{rng.choice(_STREETS)} {rng.randrange(1, 200)}", "city": city}
    if rng.random() < 0.9:
        found["postal_code"] = f"{rng.randrange(100000):05}"
    if rng.random() < 0.8:
        found["country"] = country
    if rng.random() < 0.1:
        found["region"] = word(rng)
    return found


def language(rng: Random) -> str:
    """A language that letters may be written in."""
    return rng.choice(_LANGUAGES)


def sector(rng: Random) -> str:
    """A line of business."""
    return rng.choice(_SECTORS)
