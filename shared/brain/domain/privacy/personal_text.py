"""Find e-mail addresses, telephone numbers, network addresses and handles in free text.

Every expression has bounded repetition, so that no text can make it slow. Identifiers, dates and figures are not
telephone numbers: a run of digits counts as one only with a ``+``, a leading ``00`` or the spacing people write.
"""

import ipaddress
import re
from typing import Final, Protocol

from brain.domain.privacy.personal_fields import is_personal

# Cheap filters: most texts are words and identifiers and are returned after these.
_CANDIDATE_CHARACTER: Final = re.compile(r"[@%+:=\d]")
_CANDIDATE: Final = re.compile(
    r"@|%40|\+\d|%2[Bb]\d|[\d)][ ().\-/]{1,3}\d|:[0-9A-Fa-f]{0,4}:|(?<!\d)00\d{9}|[?&;][\w.\-]{1,64}="
)
_NUMBER_OR_TIME: Final = re.compile(
    r"-?(?!00\d{9})\d+(?:[.,]\d+)?%?"
    r"|\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
)
_EMAIL: Final = re.compile(
    r"[\w.!#$%&'*+/=?^`{|}~\-]{1,64}?(?:@|%40)(?:[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}|\[[0-9A-Fa-f:.]{3,45}\])"
)
_QUERY_PARAMETER: Final = re.compile(r"(?<=[?&;])([\w.\-\[\]]{1,64})=([^&;#\s\"'<>]{1,512})")
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
_NON_DIGITS: Final = re.compile(r"\D+")
_IPV4_DOTS: Final = 3
_MIN_PHONE_DIGITS: Final = 5  # a national number: 0, an area code of one digit, a subscriber number of three
_MIN_IPV6_LENGTH: Final = 7  # shorter ones, such as a::b, are more often code than an address in use


class Pseudonymize(Protocol):
    """Maps a person's address, number, name or identifier to its pseudonym."""

    def __call__(self, person: str) -> str:
        """Return the pseudonym of ``person``."""


def pseudonymize_text(text: str, pseudonymize: Pseudonymize) -> str:
    """Return ``text`` with every address, number and handle in it pseudonymized; handles keep their ``@``."""
    if not _CANDIDATE_CHARACTER.search(text) or not _CANDIDATE.search(text) or _NUMBER_OR_TIME.fullmatch(text):
        return text
    if "=" in text:
        text = _QUERY_PARAMETER.sub(lambda match: _pseudonymize_query_parameter(match, pseudonymize), text)
    if "@" in text or "%40" in text:
        text = _EMAIL.sub(lambda match: pseudonymize(match[0].replace("%40", "@")), text)
        text = _HANDLE.sub(lambda match: f"@{pseudonymize(match[1])}", text)
    if text.count(".") >= _IPV4_DOTS:
        text = _IPV4.sub(lambda match: pseudonymize(match[0]), text)
    if text.count(":") > 1:
        text = _IPV6.sub(lambda match: _pseudonymize_ipv6(match[0], pseudonymize), text)
    if len(_NON_DIGITS.sub("", text)) < _MIN_PHONE_DIGITS:
        return text
    return _PHONE.sub(lambda match: pseudonymize(match[0]), text)


def _pseudonymize_query_parameter(match: re.Match[str], pseudonymize: Pseudonymize) -> str:
    name, argument = match[1], match[2]
    return f"{name}={pseudonymize(argument.replace('%40', '@'))}" if is_personal(name) else match[0]


def _pseudonymize_ipv6(text: str, pseudonymize: Pseudonymize) -> str:
    if len(text) < _MIN_IPV6_LENGTH or text.count(":") < 2:  # noqa: PLR2004 - an IPv6 address has at least two colons
        return text
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return pseudonymize(text)
