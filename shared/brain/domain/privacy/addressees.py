"""The people of an address field, such as ``Ann Lind <ann@example.com>, bob@example.com``."""

import re
from email.utils import getaddresses
from typing import Final

_ATOM: Final = r"[^\s<>\"(),:;.@\[\]\\=]++"
_ADDRESS: Final = rf"{_ATOM}(?:\.{_ATOM})*+@{_ATOM}(?:\.{_ATOM})*+"
# What most fields have: RFC 5322 allows much more, for which the standard library's parser takes ten times as long.
_ADDRESSEE: Final = re.compile(rf" ?(?:({_ATOM}(?: {_ATOM}){{0,9}}+)? ?<({_ADDRESS})>|({_ADDRESS}))", re.ASCII)


def parse_addressees(text: str) -> list[tuple[str, str]]:
    """Return the name and the address of each addressee of a field (RFC 5322); those without an address are left out.

    >>> parse_addressees("Ann Lind <ann@example.com>, bob@example.com")
    [('Ann Lind', 'ann@example.com'), ('', 'bob@example.com')]
    """
    addressees: list[tuple[str, str]] = []
    for part in text.split(","):
        match = _ADDRESSEE.fullmatch(part)
        if match is None:
            return [(name, address) for name, address in getaddresses([text]) if address]
        addressees.append((match[1] or "", match[2] or match[3]))
    return addressees
