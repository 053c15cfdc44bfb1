"""How amounts are rounded and shared out, to the last minor unit.

Commercial rounding: a half goes away from zero. Carriers' tariffs, bills and tax offices reckon so; an audit that rounded
a half to the even neighbour would find differences of a cent that nobody made. Every price is rounded once, where it is
reckoned; sums are never rounded.
"""

from collections.abc import Sequence


def rounded(numerator: int, denominator: int) -> int:
    """The quotient as a whole number; `denominator` is positive."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -whole if numerator < 0 else whole


def converted(minor: int, rate_nano: int, digits: tuple[int, int]) -> int:
    """An amount in another currency: `rate_nano` is what one is worth in the other, `digits` are the decimals of both."""
    origin, target = digits
    return rounded(minor * rate_nano * 10**target, 10 ** (9 + origin))


def shared(total: int, weights: Sequence[int]) -> list[int]:
    """A total in parts as their weights are, without a remainder: the parts add up to it exactly.

    Each part gets the whole of its share; what is left goes, one by one, to the largest fractions lost, and among equals
    to the first. Where no part weighs anything all weigh the same. Weights are not negative.
    """
    if not weights:
        return []
    if not any(weights):
        weights = [1] * len(weights)
    sign, amount, whole = (-1 if total < 0 else 1), abs(total), sum(weights)
    parts = [amount * weight // whole for weight in weights]
    by_loss = sorted(range(len(weights)), key=lambda at: (-(amount * weights[at] % whole), at))
    for at in by_loss[: amount - sum(parts)]:
        parts[at] += 1
    return [sign * part for part in parts]
