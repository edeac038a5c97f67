"""The builder of drafts: collects metrics from a provider's payload and the faults of every field."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import AMOUNT_METRICS, Draft, FeedType, Notice, Rejected
from brain.domain.feeds.json_values import (
    MAX_INTEGER_BITS,
    describe_type,
    parse_count,
    parse_embedded_json,
    parse_number,
)
from brain.domain.feeds.times import EXPECTED_TIME, describe_time, parse_time
from brain.errors import InvalidInputError

SIGNED_METRICS: Final = frozenset({"spend", "revenue"})
"""Metrics that a refund may make negative."""


class DraftBuilder:
    """Collects the metrics of one event and one sentence for every field that cannot be read.

    A metric that the provider does not report, or reports as unknown, stays unset: unknown is not 0. So does a negative
    count, which is a correction of other days: the row is kept with its number in the payload, and a notice names it.

    >>> builder = DraftBuilder({"clicks": "7", "date": "2026-01-31"})
    >>> builder.add_count("clicks", builder.payload, "link_clicks", "clicks")
    >>> draft = builder.build(FeedType.CUSTOM, builder.read_time(builder.payload, "date"))
    >>> draft.metrics
    {'clicks': 7}
    """

    __slots__ = ("aliases", "faults", "metrics", "notices", "payload")

    def __init__(self, payload: Mapping[str, Any]) -> None:
        self.payload = payload
        self.metrics: dict[str, int | float] = {}
        self.aliases: dict[str, tuple[str, ...]] = {}
        self.faults: list[str] = []
        self.notices: list[Notice] = []

    def add_metric(self, metric: str, source: Mapping[str, Any] | None, *names: str) -> None:
        """Set a metric, as an amount or a count by its kind, from the first of ``names`` that reports one."""
        if metric in AMOUNT_METRICS:
            self.add_amount(metric, source, *names)
        else:
            self.add_count(metric, source, *names)

    def add_count(self, metric: str, source: Mapping[str, Any] | None, *names: str) -> None:
        """Set a count from the first of ``names`` that reports one; it stays unknown when none does."""
        for name in names:
            if not source or name not in source:
                continue
            count = self.read_number(source, name, is_count=True)
            if count is not None:
                self.metrics[metric] = count
                self._note_aliases(metric, names)
                return

    def add_sum(self, metric: str, source: Mapping[str, Any] | None, *names: str) -> None:
        """Set a count to the sum of those ``names`` that are reported; it stays unknown when none is."""
        self.add_parts(metric, [self.read_number(source, name, is_count=True) for name in names])

    def add_parts(self, metric: str, counts: Iterable[int | None]) -> None:
        """Set a count to the sum of its known parts; a negative part makes the whole a correction."""
        reported = [count for count in counts if count is not None]
        if reported:
            corrections = [count for count in reported if count < 0]
            self.metrics[metric] = sum(corrections or reported)

    def add_amount(self, metric: str, source: Mapping[str, Any] | None, *names: str, unit: int = 1) -> None:
        """Set an amount from the first of ``names`` that reports one, divided by ``unit`` (10^6 for micros)."""
        for name in names:
            if not source or name not in source:
                continue
            amount = self.read_number(source, name)
            if amount is not None:
                self.metrics[metric] = amount / unit if unit != 1 else float(amount)
                self._note_aliases(metric, names)
                return

    def _note_aliases(self, metric: str, names: tuple[str, ...]) -> None:
        if len(names) > 1:
            self.aliases[metric] = names
        else:
            self.aliases.pop(metric, None)

    def read_number(self, source: Mapping[str, Any] | None, name: str, *, is_count: bool = False) -> Any:
        """Return the number under ``name``, None when it is unknown or unreadable; the latter is noted as a fault."""
        number = source.get(name) if source else None
        if number is None or (type(number) is int and number.bit_length() <= MAX_INTEGER_BITS):
            return number
        try:
            return parse_count(number) if is_count else parse_number(number)
        except InvalidInputError as error:
            self.faults.append(f"{name}: {error.message}")
            return None

    def read_time(self, source: Mapping[str, Any] | None, *names: str, naive_is_utc: bool = False) -> datetime | None:
        """Return the time under the first of ``names`` that is not empty; an unreadable one is noted as a fault."""
        for name in names:
            raw_time = source.get(name) if source else None
            if raw_time in (None, ""):
                continue
            try:
                return parse_time(raw_time, naive_is_utc=naive_is_utc)
            except InvalidInputError as error:
                self.add_time_fault(name, raw_time, error)
                return None
        return None

    def add_time_fault(self, name: str, raw_time: Any, error: InvalidInputError) -> None:
        """Note a time that cannot be read, with its value where that cannot name a person."""
        reason = error.message if ", got" in error.message else f"{error.message}, got an unknown format"
        self.faults.append(f"{name}: {reason}{describe_time(raw_time)}")

    def read_object(self, source: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
        """Return the object under ``name``, an empty one when it is absent; another type is noted as a fault.

        An object may be JSON text, as warehouses store it, and an empty list is how PHP writes an empty object.
        """
        value = parse_embedded_json(source.get(name) if source else None)
        if isinstance(value, Mapping):
            return value
        if value not in (None, "", []):
            self.faults.append(f"{name}: expected an object, got {describe_type(value)}")
        return {}

    def read_list(self, source: Mapping[str, Any] | None, name: str) -> list[Any]:
        """Return the list under ``name``, an empty one when it is absent; another type is noted as a fault.

        A list may be JSON text, as warehouses store it.
        """
        value = parse_embedded_json(source.get(name) if source else None)
        if isinstance(value, list):
            return value
        if value not in (None, ""):
            self.faults.append(f"{name}: expected a list, got {describe_type(value)}")
        return []

    def build(self, feed_type: FeedType, occurred_at: datetime | None, **fields: Any) -> Draft | Rejected:
        """Return the draft of this payload, or the rejection that lists every field that could not be read."""
        if self.faults:
            return Rejected("invalid_field", "; ".join(self.faults))
        if occurred_at is None:
            return Rejected("missing_time", f"expected {EXPECTED_TIME}, got none; send the time when it happened")
        self._drop_negative_counts()
        fields.setdefault("raw", self.payload)
        fields["notices"] = (*self.notices, *fields.get("notices", ()))
        return Draft(feed_type=feed_type, occurred_at=occurred_at, metrics=self.metrics, aliases=self.aliases, **fields)

    def _drop_negative_counts(self) -> None:
        for metric in [
            metric for metric, number in self.metrics.items() if number < 0 and metric not in SIGNED_METRICS
        ]:
            self.notices.append(Notice(
                "negative_count",
                f"{metric} must be at least 0, got {self.metrics[metric]}; a correction of other days is unknown here "
                "and stays in the raw data",
            ))  # fmt: skip
            del self.metrics[metric]
