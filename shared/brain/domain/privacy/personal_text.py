"""Find e-mail addresses, telephone numbers, network addresses and handles in free text.

Every expression has bounded repetition and is tried only where a text has the character that it needs, so that the time
is linear in the text, whatever is in it. A network address after ``version`` or ``Chrome/`` is a version.
"""

import ipaddress
import re
import unicodedata
from typing import Final

from brain.domain.privacy.personal_fields import is_personal
from brain.domain.privacy.phone_text import Pseudonymize, pseudonymize_phones, pseudonymize_ungrouped
from brain.domain.privacy.scrub_allowance import ScrubAllowance, estimate_steps

# A cheap filter: most texts are words and identifiers and are returned after it. The set of characters comes first, so
# that all others are skipped in one fast loop.
_CANDIDATE: Final = re.compile(
    r"[@%+\d):?&;](?:(?<=@)|(?<=%)(?:40|2[Bb]\d)|(?<=\+)\d|(?<=[\d)])[ ().\-/]{1,3}\d|(?<=:)[0-9A-Fa-f]{0,4}:"
    r"|(?<=[?&;])[\w.\-]{1,64}=|(?<=0)(?<!\d0)0\d{9}|(?:(?<=[A-Za-z.:]\d)|(?<=[A-Za-z.:] \d))\d{4})"
)
_NUMBER_TIME_OR_UUID: Final = re.compile(
    r"-?(?!00\d{9})\d+(?:[.,]\d+)?%?"
    r"|\d{4}-\d\d?-\d\d?(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?"
    r"|(?!00)[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}"
)
_DIALLED: Final = re.compile(r"0\d{8,14}")
_FULL_WIDTH: Final = re.compile("[\uff01-\uff5e\ufe6b]")
_SEPARATOR: Final = re.compile(r"@|%40")
_LOCAL_PART_REVERSED: Final = re.compile(r"[\w.!#$%&'*+/=?^`{|}~\-]{1,64}")
_MAX_LOCAL_PART: Final = 64
_DOMAIN: Final = re.compile(r"[\w\-]{1,63}(?:\.[\w\-]{1,63}){0,8}|\[[0-9A-Fa-f:.]{3,45}\]")
_QUERY_PARAMETER: Final = re.compile(r"(?<=[?&;])([\w.\-\[\]]{1,64})=([^&;#\s\"'<>]{1,512})")
_HANDLE: Final = re.compile(
    r"(?<![\w@])@(?!(?:media|import|font-face|keyframes|supports|charset|namespace|layer|container)\b(?:[ ({\"]|$))"
    r"(\w[\w.\-]{0,62}\w)"
)
"""The name of an account; a rule of a style sheet is none."""
_IPV4: Final = re.compile(
    r"(?<![\d.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\d|\.\d)"
)
_BEFORE_VERSION: Final = re.compile(
    r"(?:^|[\s;(,\"])[A-Za-z][\w+\-]{0,30}/\Z"  # a product of a user agent
    r"|(?:\b|_)(?:v|vers(?:ion)?|ver|build|release|rev(?:ision)?|firmware|sdk|kernel|driver)[\s.:=_\-\"]{0,3}\Z",
    re.IGNORECASE,
)
_MAX_BEFORE_VERSION: Final = 34
_NETWORK: Final = re.compile(r"\d+\.0\.0\.0")
_IPV6: Final = re.compile(r"(?<![\w:.])[0-9A-Fa-f:]{3,39}(?![\w:])")
_IPV4_DOTS: Final = 3
_MIN_IPV6_LENGTH: Final = 7  # shorter ones, such as a::b, are more often code than an address in use


def pseudonymize_text(
    text: str, pseudonymize: Pseudonymize, regions: tuple[str, ...] = (), allowance: ScrubAllowance | None = None
) -> str:
    """Return ``text`` with every address, number and handle in it pseudonymized; handles keep their ``@``.

    Raises:
        ScrubLimitError: The search takes longer than the allowance.
    """
    if not text.isascii() and _FULL_WIDTH.search(text):
        text = unicodedata.normalize("NFKC", text)
    if regions:
        text = pseudonymize_ungrouped(text, pseudonymize, regions)
    if _NUMBER_TIME_OR_UUID.fullmatch(text) or not _CANDIDATE.search(text):
        return text
    if allowance:
        allowance.take(estimate_steps(text))
    text = _pseudonymize_addresses(text, pseudonymize)
    # An identifier has no telephone number; it is what remains of a text that was a single address.
    return text if text.isidentifier() else pseudonymize_phones(text, pseudonymize, regions)


def is_dialled(text: str) -> bool:
    """Return whether a text is the digits of a national number, as far as a leading 0 tells."""
    return _DIALLED.fullmatch(text) is not None


def is_personal_text(text: str) -> bool:
    """Return whether a text contains an address, a number or a handle."""
    return is_dialled(text) or pseudonymize_text(text, lambda _: "") != text


def quote_unless_personal(text: str) -> str:
    """Return a sender's text for a message, quoted, or words in its place if it contains a person.

    >>> quote_unless_personal("a/b"), quote_unless_personal("ada@example.org")
    ("'a/b'", 'a text that names a person')
    """
    return "a text that names a person" if is_personal_text(text) else repr(text)


def _pseudonymize_addresses(text: str, pseudonymize: Pseudonymize) -> str:
    """Pseudonymize everything but telephone numbers."""
    if "=" in text:
        text = _QUERY_PARAMETER.sub(lambda match: _pseudonymize_query_parameter(match, pseudonymize), text)
    if "@" in text or "%40" in text:
        text = _pseudonymize_emails(text, pseudonymize)
        text = _HANDLE.sub(lambda match: f"@{pseudonymize(match[1])}", text)
    if text.count(".") >= _IPV4_DOTS:
        text = _IPV4.sub(lambda match: _pseudonymize_ipv4(match, pseudonymize), text)
    if text.count(":") > 1:
        text = _IPV6.sub(lambda match: _pseudonymize_ipv6(match[0], pseudonymize), text)
    return text


def _pseudonymize_emails(text: str, pseudonymize: Pseudonymize) -> str:
    """Pseudonymize every address, going outwards from each ``@``: no text is read twice."""
    pieces: list[str] = []
    end = 0
    for separator in _SEPARATOR.finditer(text):
        at = separator.start()
        if at < end:
            continue
        local_part = _LOCAL_PART_REVERSED.match(text[max(end, at - _MAX_LOCAL_PART) : at][::-1])
        domain = _DOMAIN.match(text, separator.end()) if local_part else None
        if local_part and domain:
            start = at - local_part.end()
            pieces += [text[end:start], pseudonymize(f"{text[start:at]}@{domain[0]}")]
            end = domain.end()
    return "".join([*pieces, text[end:]]) if pieces else text


def _pseudonymize_query_parameter(match: re.Match[str], pseudonymize: Pseudonymize) -> str:
    name, argument = match[1], match[2]
    return f"{name}={pseudonymize(argument.replace('%40', '@'))}" if is_personal(name) else match[0]


def _pseudonymize_ipv4(match: re.Match[str], pseudonymize: Pseudonymize) -> str:
    before = match.string[max(0, match.start() - _MAX_BEFORE_VERSION) : match.start()]
    last = before.rstrip(' \t.:=_-"')[-1:]
    if ((last.isalpha() or last == "/") and _BEFORE_VERSION.search(before)) or _NETWORK.fullmatch(match[0]):
        return match[0]
    return pseudonymize(match[0])


def _pseudonymize_ipv6(text: str, pseudonymize: Pseudonymize) -> str:
    if len(text) < _MIN_IPV6_LENGTH or text.count(":") < 2:  # noqa: PLR2004 - an IPv6 address has at least two colons
        return text
    try:
        ipaddress.IPv6Address(text)
    except ValueError:
        return text
    return pseudonymize(text)
