"""Numbers of exports that were written for a country: with a decimal comma, or with marks between thousands."""

import re
from typing import Any, Final

from brain.domain.feeds.json_values import UNKNOWN_NUMBERS
from brain.errors import InvalidInputError

_SIGN: Final = r"([+-]?)"
_NUMBERS: Final = {
    ",": re.compile(_SIGN + r"(\d{1,3}(?:[.\s'’]\d{3})+|\d{1,30})(?:,(\d{0,30}))?"),
    ".": re.compile(_SIGN + r"(\d{1,3}(?:[,\s'’]\d{3})+|\d{1,30})(?:\.(\d{0,30}))?"),
}


def parse_with_decimal_mark(value: Any, decimal: str) -> Any:
    """Return a number that was written with a decimal comma or point, and with or without marks between thousands.

    What is no text is returned as it is, and so is what means that a number is unknown.

    Raises:
        InvalidInputError: The text is no number with this mark.

    >>> parse_with_decimal_mark("1.111,11", ","), parse_with_decimal_mark("1.000", ",")
    (1111.11, 1000)
    >>> parse_with_decimal_mark("1,000.50", ".")
    1000.5
    """
    if not isinstance(value, str) or value.strip().lower() in UNKNOWN_NUMBERS:
        return value
    number = _NUMBERS[decimal].fullmatch(value.strip())
    if number is None:
        raise InvalidInputError(f"expected a number with the decimal mark {decimal!r}, got other text")
    sign, whole, fraction = number.groups()
    digits = re.sub(r"\D", "", whole)
    return float(f"{sign}{digits}.{fraction}") if (fraction or "").strip("0") else int(f"{sign}{digits}")
