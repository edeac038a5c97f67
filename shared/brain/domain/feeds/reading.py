"""Reads figures out of providers' items: every spelling of a number, unknown kept unknown, one sentence a bad field."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.moments import EXPECTED, moment
from brain.errors import InvalidInputError

UNKNOWN: Final = frozenset({"", "-", "--", "—", "n/a", "na", "null", "none", "nan", "(not set)", "unknown"})
_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,30}(?:\.\d{0,30})?|\.\d{1,30})(?:[eE][+-]?\d{1,2})?", re.ASCII)
MICROS: Final = 1_000_000
PERCENT: Final = 100


def number(value: Any) -> int | float | None:
    """Return the number a provider wrote, None for its ways to say unknown; raises ``InvalidInputError`` otherwise."""
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() else value
    if isinstance(value, str):
        return _number_in(value.strip())
    raise InvalidInputError(f"expected a number, {_kind(value)} came")


def whole(value: Any) -> int | None:
    """Return a count; raises ``InvalidInputError`` for a fraction, because half a click is a misread column."""
    found = number(value)
    if isinstance(found, float):
        raise InvalidInputError("expected a whole number, a fraction came")
    return found


def _number_in(text: str) -> int | float | None:
    if text.isdecimal() and text.isascii() and len(text) <= 30:  # noqa: PLR2004 - far above any count, far below a slow int()
        return int(text)
    if text.lower() in UNKNOWN:
        return None
    if not _NUMBER.fullmatch(text):
        raise InvalidInputError("expected a number in plain digits, another text came")
    found = float(text)
    return int(found) if found.is_integer() and abs(found) < 2**53 else found


def _kind(value: Any) -> str:
    kinds = {bool: "true or false", str: "a text", list: "a list", dict: "an object", float: "no finite number"}
    return kinds.get(type(value), "something else")


class Reading:
    """Collects the metrics of one item and a sentence for every field that cannot be read."""

    __slots__ = ("faults", "item", "metrics")

    def __init__(self, item: Mapping[str, Any]) -> None:
        self.item = item
        self.metrics: dict[str, int | float] = {}
        self.faults: list[str] = []

    def count(self, metric: str, source: Mapping[str, Any] | None, *names: str) -> None:
        """Set a count from the first of ``names`` that reports one; it stays unknown when none does."""
        for name in names:
            if not source or name not in source:
                continue
            found = self.figure(source, name, whole=True)
            if found is not None:
                self.metrics[metric] = found
                return

    def total(self, metric: str, source: Mapping[str, Any] | None, *names: str) -> None:
        """Set a count to the sum of those ``names`` that are reported; unknown when none is."""
        parts = [found for name in names if (found := self.figure(source, name, whole=True)) is not None]
        if parts:
            self.metrics[metric] = sum(parts)

    def amount(self, metric: str, source: Mapping[str, Any] | None, *names: str, unit: int = 1) -> None:
        """Set an amount from the first of ``names`` that reports one, divided by ``unit`` (10^6 for micros)."""
        for name in names:
            if not source or name not in source:
                continue
            found = self.figure(source, name)
            if found is not None:
                self.metrics[metric] = found / unit if unit != 1 else float(found)
                return

    def put(self, metric: str, value: float | None) -> None:
        """Set a metric that was derived, unless it is unknown."""
        if value is not None:
            self.metrics[metric] = value

    def figure(self, source: Mapping[str, Any] | None, name: str, *, whole: bool = False) -> Any:
        """Return the number under ``name``, or None when it is unknown or unreadable, which is noted as a fault."""
        value = source.get(name) if source else None
        if value is None or type(value) is int:
            return value
        try:
            return _whole(value) if whole else number(value)
        except InvalidInputError as error:
            self.faults.append(f"{name}: {error.message}")
            return None

    def time(self, source: Mapping[str, Any] | None, *names: str, naive_is_utc: bool = False) -> datetime | None:
        """Return the first of ``names`` that holds a time; one that cannot be read is noted as a fault."""
        for name in names:
            value = source.get(name) if source else None
            if value in (None, ""):
                continue
            try:
                return moment(value, naive_is_utc=naive_is_utc)
            except InvalidInputError as error:
                self.faults.append(f"{name}: {error.message}")
                return None
        return None

    def outcome(self, feed_type: FeedType, occurred_at: datetime | None, **fields: Any) -> Draft | Rejected:
        """Return the draft of this item, or the rejection that lists every field that could not be read."""
        if self.faults:
            return Rejected("invalid_field", "; ".join(self.faults))
        if occurred_at is None:
            return Rejected("missing_time", f"Expected {EXPECTED}; this item has none. Send the time it happened.")
        fields.setdefault("raw", self.item)
        return Draft(feed_type=feed_type, occurred_at=occurred_at, metrics=self.metrics, **fields)


_whole = whole


def text(value: Any) -> str | None:
    """Return an identifier or name as a text, None when it is absent; numbers are identifiers too."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return None


def mapping(value: Any) -> Mapping[str, Any]:
    """Return an object, or an empty one for anything else: an absent part reports nothing."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: Any) -> list[Any]:
    """Return a list, or an empty one for an absent list."""
    return value if isinstance(value, list) else []


def lowered(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a warehouse row with its column names in lower case: warehouses disagree on the case of columns."""
    return {name.lower(): value for name, value in row.items()}
