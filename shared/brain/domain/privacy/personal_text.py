"""Finds e-mail addresses, telephone numbers, network addresses and handles of people in any text.

Every expression has bounded repetition, so that no text can make it slow. Identifiers, dates and figures of metrics
are no telephone numbers: a run of digits counts as one only with a ``+``, a leading ``00`` or the spacing people write.
"""

import ipaddress
import re
from collections.abc import Callable
from typing import Final

from brain.domain.privacy.personal_fields import is_personal

# Cheap first looks: most strings are words and identifiers and end here.
_SIGN: Final = re.compile(r"[@%+:=\d]")
_SUSPECT: Final = re.compile(
    r"@|%40|\+\d|%2[Bb]\d|[\d)][ ().\-/]{1,3}\d|:[0-9A-Fa-f]{0,4}:|(?<!\d)00\d{9}|[?&;][\w.\-]{1,64}="
)
_HARMLESS: Final = re.compile(
    r"-?(?!00\d{9})\d+(?:[.,]\d+)?%?"
    r"|\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
)
_EMAIL: Final = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~\-]{1,64}?(?:@|%40)(?:[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}|\[[0-9A-Fa-f:.]{3,45}\])"
)
_QUERY: Final = re.compile(r"(?<=[?&;])([\w.\-\[\]]{1,64})=([^&;#\s\"'<>]{1,512})")
_HANDLE: Final = re.compile(r"(?<![\w@])@(\w[\w.\-]{0,62}\w)")
_IPV4: Final = re.compile(
    r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d|\.\d)"
)
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{3,39}(?![\w:])")
_PHONE: Final = re.compile(
    r"(?<![\w.+])(?:\+|%2[Bb])(?:\d[ ().\-/]{0,3}){7,14}\d(?!\w)"  # international
    r"|(?<![\w.\-/])00(?:[ ().\-/]{0,2}\d){9,14}(?!\w)"  # international, as dialled
    r"|(?<![\w.\-/])(?:1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}(?![\w\-]|\.\d)"  # North America
    r"|(?<![\w.\-/:])\(?0\d{1,4}\)?[ /\-]{1,3}\d{3,8}(?:[ \-]\d{2,6}){0,3}(?![\w\-:/]|\.\d)"  # national, with a 0
)
_NOT_DIGITS: Final = re.compile(r"\D+")
_DOTS_OF_IPV4: Final = 3
_FEWEST_DIGITS_OF_PHONE: Final = 5  # a national one: 0, an area of one, a subscriber of three
_MIN_IPV6_LENGTH: Final = 7  # shorter ones, such as a::b, are more often code than an address in use


def replace_people(text: str, pseudonym: Callable[[str], str]) -> str:
    """Return ``text`` with everything that points to a person replaced by its pseudonym; handles keep their ``@``."""
    if not _SIGN.search(text) or not _SUSPECT.search(text) or _HARMLESS.fullmatch(text):
        return text
    if "=" in text:
        text = _QUERY.sub(lambda found: _query_value(found, pseudonym), text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(lambda found: pseudonym(found[0].replace("%40", "@")), text)
        text = _HANDLE.sub(lambda found: f"@{pseudonym(found[1])}", text)
    if text.count(".") >= _DOTS_OF_IPV4:
        text = _IPV4.sub(lambda found: pseudonym(found[0]), text)
    if text.count(":") > 1:
        text = _IPV6.sub(lambda found: _ipv6(found[0], pseudonym), text)
    if len(_NOT_DIGITS.sub("", text)) < _FEWEST_DIGITS_OF_PHONE:
        return text
    return _PHONE.sub(lambda found: pseudonym(found[0]), text)


def _query_value(found: re.Match[str], pseudonym: Callable[[str], str]) -> str:
    name, value = found[1], found[2]
    return f"{name}={pseudonym(value.replace('%40', '@'))}" if is_personal(name) else found[0]


def _ipv6(text: str, pseudonym: Callable[[str], str]) -> str:
    if len(text) < _MIN_IPV6_LENGTH or text.count(":") < 2:  # noqa: PLR2004 - an IPv6 address has at least two colons
        return text
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return pseudonym(text)
