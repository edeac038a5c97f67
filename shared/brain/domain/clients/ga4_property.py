"""The id of a GA4 property, which GA4 does not write into a report."""

import re
from typing import Final

from brain.errors import InvalidInputError

_PROPERTY: Final = re.compile(r"(?:properties/)?([0-9]{1,20})", re.ASCII)


def parse_ga4_property(text: str, name: str) -> str:
    """Return the digits of a property; ``name`` says where the text is from.

    Raises:
        InvalidInputError: It is another text, such as the measurement id of a stream.

    >>> parse_ga4_property("properties/123", "property")
    '123'
    """
    match = _PROPERTY.fullmatch(text.strip())
    if match is None:
        raise InvalidInputError(
            f"{name} must be the digits of a GA4 property, such as 263517038, got {text[:40]!r}; "
            "a measurement id (G-...) names a stream, not a property"
        )
    return match[1]
