"""Conversions of JSON values as providers write them: numbers, identifiers, objects and lists."""

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final

from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError

UNKNOWN_NUMBERS: Final = frozenset({
    "", "-", "--", "—", "n/a", "na", "null", "none", "nan", "(not set)", "unknown",
})  # fmt: skip
MICROS_PER_UNIT: Final = 1_000_000
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
_GROUPED_BY_POINTS: Final = re.compile(r"\s*[+-]?[1-9]\d{0,2}(?:\.\d{3})+\s*", re.ASCII)
_MAX_INTEGER_DIGITS: Final = 30  # far more than any count has, far fewer than make int() slow
_MAX_EXACT_FLOAT: Final = 2**53
MAX_INTEGER_BITS: Final = 63
"""Beyond these, with a sign, an integer fits neither into a document nor, much larger, into a float."""
_TYPE_NAMES: Final = {bool: "true or false", str: "a text", list: "a list", dict: "an object", float: "NaN or infinity"}
_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
MAX_EMBEDDED_LENGTH: Final = 1_000_000


def parse_number(value: Any) -> int | float | None:
    """Return the number that a provider wrote, None for its ways to write an unknown number.

    Raises:
        InvalidInputError: It is not a number in plain digits, or one that nothing can count to.

    >>> parse_number("1e3"), parse_number("0.22"), parse_number("N/A")
    (1000, 0.22, None)
    """
    number = _parse_any_number(value)
    if isinstance(number, int) and number.bit_length() > MAX_INTEGER_BITS:
        raise InvalidInputError("expected a number below 9.2e18, got a larger one")
    return number


def _parse_any_number(value: Any) -> int | float | None:
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return _parse_number_text(value.strip())
    raise InvalidInputError(f"expected a number, got {_TYPE_NAMES.get(type(value), 'something else')}")


def parse_count(value: Any) -> int | None:
    """Return the count that a provider wrote, None where it is unknown.

    Raises:
        InvalidInputError: It is not a whole number: a fraction of a click means that the wrong column was read.
            Neither is ``1.000``, which is a thousand in much of Europe.
    """
    if may_group_thousands(value):
        raise InvalidInputError(
            "expected a whole number in plain digits, got one whose point may separate thousands; set decimal in a "
            "field map"
        )
    count = parse_number(value)
    if isinstance(count, float):
        raise InvalidInputError("expected a whole number, got a fraction")
    return count


def may_group_thousands(value: Any) -> bool:
    """Return whether the points in a text may separate thousands.

    >>> may_group_thousands("1.000"), may_group_thousands("1.00"), may_group_thousands("1000.000")
    (True, False, False)
    """
    return isinstance(value, str) and _GROUPED_BY_POINTS.fullmatch(value) is not None


def _parse_number_text(text: str) -> int | float | None:
    if text.isdecimal() and text.isascii() and len(text) <= _MAX_INTEGER_DIGITS:
        return int(text)
    if text.lower() in UNKNOWN_NUMBERS:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidInputError("expected a number in plain digits, got other text")
    number = float(text)
    return int(number) if number.is_integer() and abs(number) < _MAX_EXACT_FLOAT else number


def to_text(value: Any) -> str | None:
    """Return an identifier or name as a text, None when it is absent or empty; numbers are identifiers too.

    A whole number with a decimal point is one as well: tools write a column of ids as decimals if one is missing.

    >>> to_text(" a "), to_text(7), to_text(7.0), to_text(7.5)
    ('a', '7', '7', None)
    """
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < _MAX_EXACT_FLOAT:
        return str(int(value))
    return None


def first_text(json_object: Mapping[str, Any], names: Iterable[str]) -> str | None:
    """Return the text of the first of ``names`` that has one.

    >>> first_text({"ad_id": "", "campaign_id": 7}, ("ad_id", "campaign_id"))
    '7'
    """
    for name in names:
        text = to_text(json_object.get(name))
        if text:
            return text
    return None


def to_object(value: Any) -> Mapping[str, Any]:
    """Return an object as it is and anything else as an empty one, so that an absent part reports nothing."""
    if isinstance(value, dict):  # what JSON makes; the general check takes five times as long
        return value
    return value if value is not None and isinstance(value, Mapping) else {}


def to_list(value: Any) -> list[Any]:
    """Return a list as it is and anything else as an empty one."""
    return value if isinstance(value, list) else []


def to_texts(value: Any) -> list[str]:
    """Return the identifiers and names in a list, without those that are absent or empty."""
    return [text for text in map(to_text, to_list(value)) if text]


def has_any(json_object: Mapping[str, Any], names: Iterable[str]) -> bool:
    """Return whether an object has at least one of ``names``."""
    return not json_object.keys().isdisjoint(names)


def lowercase_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a warehouse row with its column names in lower case: warehouses disagree on the case of columns."""
    return {name.lower(): value for name, value in row.items()}


def normalize_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with its names in one spelling: REST writes costMicros where warehouses write cost_micros."""
    return {normalize_field_name(name): value for name, value in row.items()}


def snake_case_names(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a row with its column names in lower case and with underscores, however the warehouse writes them.

    >>> snake_case_names({"costMicros": 1, "CAMPAIGN_ID": 2})
    {'cost_micros': 1, 'campaign_id': 2}
    """
    return {to_snake_case(name): value for name, value in row.items()}


@lru_cache(maxsize=8192)
def to_snake_case(name: str) -> str:
    """Return one name in lower case and with underscores."""
    return _WORD_START.sub("_", name).lower()


def describe_type(value: Any) -> str:
    """Return what a value is, for an error that must not repeat the value."""
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    if is_integer or (isinstance(value, float) and math.isfinite(value)):
        return "a number"
    return _TYPE_NAMES.get(type(value), "something else")


def parse_embedded_json(value: Any) -> Any:
    """Return the list or object that a warehouse stores as JSON text, any other value as it is.

    >>> parse_embedded_json('[{"value": "3"}]'), parse_embedded_json("[broken")
    ([{'value': '3'}], '[broken')
    """
    if not isinstance(value, str) or value.lstrip()[:1] not in ("[", "{") or len(value) > MAX_EMBEDDED_LENGTH:
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value
