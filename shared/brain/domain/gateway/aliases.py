"""Which of a metric's names in a payload its figure was read from, so that two queries for one metric have an order.

A provider has several figures for one metric, such as GA4's key events and purchases. A feed prefers one of them. Two
queries for different ones report the same total without a time of its own, so that the order of their arrival would
decide; the preferred name decides instead.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from brain.domain.feeds.json_values import parse_number
from brain.domain.privacy.personal_fields import normalize_field_name
from brain.errors import InvalidInputError


def find_rank(names: Sequence[str], payload: Mapping[str, Any]) -> int | None:
    """Return the place of the first of ``names`` that the payload reports, None if it reports none.

    >>> find_rank(("keyEvents", "conversions"), {"metrics": {"conversions": "3"}})
    1
    """
    reported = set(_iterate_reported(payload))
    return next((rank for rank, name in enumerate(names) if normalize_field_name(name) in reported), None)


def _iterate_reported(payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of all figures that are known, in one spelling."""
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from _iterate_reported(value)
        elif _is_known_number(value):
            yield normalize_field_name(name)


def _is_known_number(value: Any) -> bool:
    try:
        return parse_number(value) is not None
    except InvalidInputError:
        return False
