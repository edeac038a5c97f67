"""Telephone numbers by the numbering plans of their countries; the library is loaded with the first number."""

import re
from functools import lru_cache
from typing import Final

import phonenumbers

_NON_DIGITS: Final = re.compile(r"\D+")
_INTERNATIONAL_PREFIXES: Final = ("+", "00", "%2b")


def is_region(region: str) -> bool:
    """Return whether a country has a numbering plan."""
    return region in phonenumbers.SUPPORTED_REGIONS


@lru_cache(maxsize=4096)
def find_international(text: str, regions: tuple[str, ...]) -> str | None:
    """Return the digits of a national number with its country code; None if no region has such a number.

    >>> find_international("070-174 06 35", ("SE",))
    '46701740635'
    """
    for region in regions:
        number = _parse(text, region)
        if number is not None and phonenumbers.is_valid_number_for_region(number, region):
            return _join_digits(number)
    return None


@lru_cache(maxsize=4096)
def is_written_ungrouped(digits: str, regions: tuple[str, ...]) -> bool:
    """Return whether digits without separators are a number of one of the countries as people write it there.

    >>> is_written_ungrouped("0701740635", ("SE",)), is_written_ungrouped("701740635", ("SE",))
    (True, False)
    >>> is_written_ungrouped("71234567", ("BO",))
    True
    """
    for region in regions:
        number = _parse(digits, region)
        if number is not None and phonenumbers.is_valid_number_for_region(number, region):
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            if national == digits or (digits[0] == "0" and _NON_DIGITS.sub("", national) == digits):
                return True
    return False


def list_spellings(canonical: str, text: str, regions: tuple[str, ...]) -> list[str]:
    """Return the digits of a number as people write it: with country code, nationally and without any prefix."""
    candidates = [_parse(f"+{canonical}", None), *(_parse(text, region) for region in regions)]
    if text.startswith(_INTERNATIONAL_PREFIXES):
        candidates = candidates[:1]
    spellings: list[str] = []
    for number in candidates:
        if number is not None and phonenumbers.is_possible_number(number):
            national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            spellings += [
                _join_digits(number), _NON_DIGITS.sub("", national), phonenumbers.national_significant_number(number),
            ]  # fmt: skip
    return spellings


def _parse(text: str, region: str | None) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None


def _join_digits(number: phonenumbers.PhoneNumber) -> str:
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
