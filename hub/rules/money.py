"""How many decimals a currency's minor unit has."""

_DIGITS = {
    **dict.fromkeys(("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX", "VND", "VUV", "XAF", "XOF", "XPF"), 0),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}


def minor_digits(currency: str) -> int:
    """Decimals of a currency by ISO 4217; two for most."""
    return _DIGITS.get(currency, 2)


def written(minor: int, currency: str) -> str:
    """An amount for people: `1,054.00 USD`."""
    digits = minor_digits(currency)
    sign, (whole, rest) = "-" if minor < 0 else "", divmod(abs(minor), 10**digits)
    return f"{sign}{whole:,}{f'.{rest:0{digits}}' if digits else ''} {currency}"
