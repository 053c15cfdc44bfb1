"""What texts cost, by the price of a segment."""

import re
from decimal import ROUND_CEILING, Decimal
from typing import NamedTuple

_WRITTEN = re.compile(r"([0-9]{1,6}(?:\.[0-9]{1,4})?) ([A-Z]{3})\Z")


class SegmentPrice(NamedTuple):
    """Minor units, which may be fractions, of a currency."""

    minor: Decimal
    currency: str

    @classmethod
    def read(cls, text: str) -> "SegmentPrice":
        """As an operator writes it, `7.5 EUR`; raises ValueError, which says what is expected."""
        match = _WRITTEN.match(text)
        if match is None:
            raise ValueError("minor units and a currency, such as 7.5 EUR for seven and a half cents")
        return cls(Decimal(match[1]), match[2])

    def of(self, parts: int) -> int:
        """So many segments in whole minor units, the fraction rounded up."""
        return int((self.minor * parts).to_integral_value(ROUND_CEILING))
