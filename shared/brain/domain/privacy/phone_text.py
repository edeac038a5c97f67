"""Find telephone numbers in free text by the ways in which people write them.

Identifiers, dates, amounts and figures are not telephone numbers: digits count as one with a ``+`` or a leading ``00``,
in groups as people write them, after a word such as ``call``, or when the numbering plan of a country says so.
"""

import re
from itertools import pairwise
from typing import Final, Protocol

_MIN_DIGITS: Final = 5  # a national number: 0, an area code of one digit, a subscriber number of three
_DIGITS: Final = re.compile(r"\d+")
# Cheap filters: identifiers have digits, but seldom in groups. Each starts with a set of characters, so that all others
# are skipped in one fast loop.
_ENOUGH_DIGITS: Final = re.compile(rf"(?:\D*+\d){{{_MIN_DIGITS}}}")
_CLEAR_START: Final = re.compile(
    r"[+%\d](?:(?<=\+)\d|(?<=%)2[Bb]\d|(?<=0)(?<!\d0)0[ ().\-/]{0,2}\d|(?<=\d)\)?[ .\-/]{1,3}\d{3})"
)
_AFTER_WORD_START: Final = re.compile(r"[\s.:(](?<=[^\W\d_][\s.:(])\s{0,3}\(?\d[\d ().\-/]{2,22}\d")
_TWO_GROUPS_START: Final = re.compile(r"[(\d](?<![\w.+\-/:,][(\d])\d{0,6}\)?[ .\-/]{1,2}\(?\d")
_CLEAR: Final = re.compile(
    r"(?<![\w.+])(?:\+|%2[Bb])(?:\d[ ().\-/]{0,3}){7,14}\d(?!\w)"  # international
    r"|(?<![\w.\-/])00(?:[ ().\-/]{0,2}\d){9,14}(?!\w)"  # international, as dialled
    r"|(?<![\w.\-/])(?:1[ .\-])?(?:\(\d{3}\) ?|\d{3}[ .\-])\d{3}[ .\-]\d{4}(?![\w\-]|\.\d)"  # North America
    # national, with a 0
    r"|(?<![\w.\-/:])(?<!\d[ ])\(?0\d{1,4}\)?[ /\-]{1,3}\d{3,8}(?:[ \-]\d{2,6}){0,3}(?![\w\-:/]|\.\d)"
)
_GROUPS: Final = re.compile(
    r"(?<![\w.+\-/:,$€£#=])(?<![\d$€£#+=][ ])"
    r"\(?\d{1,6}(?:\)?[ .\-/]{1,2}\(?\d{1,9}){1,6}(?![\w\-:/%]|[.,]\d|[ ]?[€$£%])"
)
_AFTER_WORD: Final = re.compile(
    r"\b((?:tele(?:ph|f)(?:on(?:e|o)?)|tel|phone|call|mob(?:ile|il)?|cell|fax|whatsapp|sms|handy|ring|dial|"
    r"rufnummer|t[ée]l(?:éphone)?|tel[ée]fono|celular|appele[rz]|llam[ae]r?|chiam[ai]|bel)"
    r"\b[.:]?\s{0,3}(?:(?:me|us|him|her|at|on|now|no|nr|number|is)\b[.:]?\s{0,2}){0,3})"
    r"(\(?\d[\d ().\-/]{2,22}\d)(?![\w:%]|[.,]\d)",
    re.IGNORECASE,
)
_UNGROUPED: Final = re.compile(
    r"(?<![\w.+\-/:,$€£#=])(?<![$€£#+=][ ])(?!(?:19|20)\d\d\b)\d{4,11}(?![\w\-:/%]|[.,]\d|[ ]?[€$£%])"
)
_MIN_GROUPED_DIGITS: Final = 6
_MAX_GROUPED_DIGITS: Final = 14
_DATE: Final = re.compile(
    r"(?:19|20)\d\d[ .\-/](?:0?[1-9]|1[0-2])[ .\-/](?:0?[1-9]|[12]\d|3[01])(?:\D.*)?"
    r"|(?:0?[1-9]|[12]\d|3[01])[ .\-/](?:0?[1-9]|[12]\d|3[01])[ .\-/](?:19|20)\d\d(?:[^\d)].*)?"
    r"|(?:0?[1-9]|[12]\d|3[01])[.\-/](?:0?[1-9]|[12]\d|3[01])[.\-/]\d\d"
)
_THOUSANDS: Final = re.compile(r"[1-9]\d{0,2}(?:[ .]\d{3})+")
_DECIMAL: Final = re.compile(r"(?:0|[1-9]\d*)\.\d+")
_PAIRS: Final = re.compile(r"\(?\d{1,3}\)?(?:[ .\-]\d\d){2,5}")
_TWO_GROUPS: Final = frozenset({
    (3, 4), (4, 4), (5, 5), (5, 6), (6, 5), (2, 5), (2, 6), (2, 7), (3, 7), (4, 6), (4, 5), (3, 5), (3, 6), (1, 7),
    (1, 6),
})  # fmt: skip
_ROUND: Final = re.compile(r"(?:19|20)\d\d|\d+00|[1-9]\d*80|\d{1,2}")


class Pseudonymize(Protocol):
    """Maps a person's address, number, name or identifier to its pseudonym."""

    def __call__(self, person: str) -> str:
        """Return the pseudonym of ``person``."""


def pseudonymize_phones(text: str, pseudonymize: Pseudonymize, regions: tuple[str, ...]) -> str:
    """Return ``text`` with every telephone number in it pseudonymized; ``regions`` as in ``SpellingRules``."""
    if not _ENOUGH_DIGITS.match(text):
        return text
    if _CLEAR_START.search(text):
        text = _CLEAR.sub(lambda match: pseudonymize(match[0]), text)
    if (" " in text or ":" in text) and _AFTER_WORD_START.search(text):
        text = _AFTER_WORD.sub(lambda match: _pseudonymize_after_word(match, pseudonymize), text)
    if _TWO_GROUPS_START.search(text):
        text = _GROUPS.sub(lambda match: _pseudonymize_groups(match[0], pseudonymize, regions), text)
    return text


def pseudonymize_ungrouped(text: str, pseudonymize: Pseudonymize, regions: tuple[str, ...]) -> str:
    """Return ``text`` with digits without any separator pseudonymized where people of these countries write them so.

    They are a number with the trunk prefix 0 if there is such a number, or in a country whose numbers have no groups;
    all other digits are identifiers.
    """
    from brain.domain.privacy import phone_numbers  # noqa: PLC0415 - 40 ms for clients with regions only

    def replace(match: re.Match[str]) -> str:
        is_phone = phone_numbers.is_written_ungrouped(match[0], regions)
        return pseudonymize(f"({match[0]})") if is_phone else match[0]  # in brackets it is no identifier

    return _UNGROUPED.sub(replace, text)


def _pseudonymize_after_word(match: re.Match[str], pseudonymize: Pseudonymize) -> str:
    digit_count = sum(map(len, _DIGITS.findall(match[2])))
    is_phone = _MIN_DIGITS <= digit_count <= _MAX_GROUPED_DIGITS and not _DATE.fullmatch(match[2])
    return f"{match[1]}{pseudonymize(match[2])}" if is_phone else match[0]


def _pseudonymize_groups(text: str, pseudonymize: Pseudonymize, regions: tuple[str, ...]) -> str:
    if _is_grouped_phone(text) or (regions and _is_phone_of(text, regions)):
        return pseudonymize(text)
    return text


def _is_grouped_phone(text: str) -> bool:
    """Return whether a text of digits and separators is written like a telephone number and like nothing else."""
    groups = tuple(map(len, _DIGITS.findall(text)))
    if not _MIN_GROUPED_DIGITS <= sum(groups) <= _MAX_GROUPED_DIGITS or _is_figure(text):
        return False
    if _THOUSANDS.fullmatch(text) or len(set(re.findall(r"[.\-/]", text))) > 1:
        return False
    if len(groups) == 2:  # noqa: PLR2004 - an area code and a number
        return groups in _TWO_GROUPS and not all(map(_ROUND.fullmatch, _DIGITS.findall(text)))
    return not _is_counting(text) and (_PAIRS.fullmatch(text) is not None or _has_several_groups(groups))


def _is_figure(text: str) -> bool:
    return _DATE.fullmatch(text) is not None or _DECIMAL.fullmatch(text) is not None


def _has_several_groups(groups: tuple[int, ...]) -> bool:
    return len(groups) <= 5 and sum(groups) > _MIN_GROUPED_DIGITS and 1 < max(groups) <= 7  # noqa: PLR2004


def _is_counting(text: str) -> bool:
    """Return whether the groups are a list of rising figures, such as ``10 20 300``."""
    figures = [int(digits) for digits in _DIGITS.findall(text)]
    return all(first < second for first, second in pairwise(figures)) and text.lstrip("(")[0] != "0"


def _is_phone_of(text: str, regions: tuple[str, ...]) -> bool:
    from brain.domain.privacy import phone_numbers  # noqa: PLC0415 - 40 ms for clients with regions only

    return not _is_figure(text) and phone_numbers.find_international(text, regions) is not None
