"""The level of a report row: its feed and the names of its dimensions, whatever their values are.

Rows of two levels are the same figures twice if one is the total of the others: an account and its ads, a campaign and
its ages. Every level is a total of its own in the sums, so that such reports must be noticed.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any, Final, NamedTuple

from brain.domain.events import METRICS, Event
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.report_labels import names_total
from brain.domain.privacy.personal_fields import normalize_field_name

MAX_NAMES: Final = 24
MAX_LEVELS: Final = 16
"""How many dimensions a level may have, and how many levels a request or a feed may have; others are not compared."""
MAX_SEARCHED: Final = 16
"""In how many payloads of one level columns without a value are searched; rows of a table have the same columns."""
ADDITIVE_METRICS: Final = tuple(name for name in METRICS if name != "audience_size")
"""An audience is no sum of its parts."""
_EMPTY_TEXTS: Final = frozenset({"", "-", "--", "—", "null", "none"})
_DESCRIPTIONS: Final = re.compile(r".*(?:currency|currencycode|timezone|status|descriptivename|channeltype|objective)")
_PERIODS: Final = re.compile(r".*(?:date|day|week|month|quarter|year|hour|time|period).*")
_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d.*")
# What divides the people or places of the same total, so that two such divisions of it are the same figures twice.
_DIVISIONS: Final = re.compile(
    r"(?:.*(?:agerange|agebracket|gender|country|region|city|device|browser|operatingsystem|language|dma|platform"
    r"|placement|position|hour).*|age|os|adnetworktype\d?)"
)


class Level(NamedTuple):
    """What the rows of a report are about; ``kind`` is the first part of their keys."""

    feed: str
    kind: str
    names: tuple[str, ...]

    def is_total_of(self, other: "Level") -> bool:
        """Return whether a row of this level may be the total of rows of another one."""
        is_same_report = (self.feed, self.kind) == (other.feed, other.kind)
        return is_same_report and len(self.names) < len(other.names) and set(self.names) < set(other.names)

    def divides_as(self, other: "Level") -> bool:
        """Return whether both divide the same totals, each in another way, such as by age and by country."""
        own, others = set(self.names), set(other.names)
        further = own ^ others
        is_same_report = (self.feed, self.kind) == (other.feed, other.kind)
        is_other_division = is_same_report and not (own <= others or others <= own) and not own.isdisjoint(others)
        return is_other_division and all(_DIVISIONS.fullmatch(name) for name in further)


@dataclass(frozen=True)
class ReportRow:
    """A row of a report without the dimensions that are empty or name a total in it.

    ``is_labeled`` says that a dimension names a total, such as ``Total``; ``payload`` is the row as it is stored.
    """

    event_id: str
    occurred_at: datetime
    level: Level
    values: Mapping[str, str]
    metrics: Mapping[str, float]
    empty: frozenset[str]
    payload: Mapping[str, Any]
    is_labeled: bool

    def project(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return the values of some of its dimensions."""
        return tuple(self.values[name] for name in names)

    def has_empty(self, names: Collection[str]) -> bool:
        """Return whether the row has one of these dimensions without a value, as the rest of a table has."""
        if self.is_labeled or not names:
            return False
        return not self.all_empty.isdisjoint(names)

    @cached_property
    def all_empty(self) -> frozenset[str]:
        """The names of all columns without a value; searched once."""
        return self.empty if self.is_labeled else self.empty | frozenset(_iterate_empty(self.payload))


def read_report_row(identified: IdentifiedEvent) -> ReportRow | None:
    """Return an event as a row of a report, None for records, single events and what counts nothing."""
    parts = (*identified.content_key[1:], *identified.dimensions)
    if not _is_report_row(identified, parts):
        return None
    event = identified.event
    texts = _name_parts(parts)
    labeled = {name for name, text in texts.items() if names_total(text)}
    empty = labeled | {name for name, text in texts.items() if text.lower() in _EMPTY_TEXTS}
    values = {name: text for name, text in texts.items() if name not in empty}
    return ReportRow(
        event.event_id,
        event.occurred_at,
        Level(str(event.feed_type), identified.content_key[0], tuple(sorted(values))),
        values,
        _list_metrics(event),
        frozenset(empty),
        event.raw_data,
        is_labeled=bool(labeled),
    )


def _list_metrics(event: Event) -> dict[str, float]:
    figures = ((name, getattr(event, name)) for name in ADDITIVE_METRICS)
    return {name: figure for name, figure in figures if figure is not None}


def _is_report_row(identified: IdentifiedEvent, parts: Sequence[str]) -> bool:
    """Return whether an event is a row with named dimensions, or the total of all rows without any, and counts."""
    if parts and not any("=" in part for part in parts):
        return False
    counts = identified.cumulative and bool(identified.content_key) and not identified.event.retracted
    return counts and not (identified.is_record or identified.facts)


def _name_parts(parts: Sequence[str]) -> dict[str, str]:
    """Return the values of a key by their names, or by their positions where they have none.

    A currency, a state or the name of what has an id only describes, and may be in one report and not in another one.
    """
    texts: dict[str, str] = {}
    for index, part in enumerate(parts):
        name, has_name, text = part.partition("=")
        texts[_normalize_name(name) if has_name else f"#{index}"] = text.strip() if has_name else part
    return {name: text for name, text in texts.items() if not _only_describes(name, texts)}


def _only_describes(name: str, texts: Mapping[str, str]) -> bool:
    is_name_of_id = name.endswith("name") and name.removesuffix("name") + "id" in texts
    return is_name_of_id or _DESCRIPTIONS.fullmatch(name) is not None


@lru_cache(maxsize=4096)
def _normalize_name(name: str) -> str:
    return normalize_field_name(name).replace(".", "")


def group_by_level(rows: Iterable[ReportRow]) -> dict[Level, list[ReportRow]]:
    """Return rows by their level, those of the most frequent levels, each row once."""
    by_level: defaultdict[Level, dict[str, ReportRow]] = defaultdict(dict)
    for row in rows:
        if len(row.level.names) <= MAX_NAMES:
            by_level[row.level][row.event_id] = row
    most_frequent = sorted(by_level, key=lambda level: -len(by_level[level]))[:MAX_LEVELS]
    return {level: list(by_level[level].values()) for level in most_frequent}


def are_periods(names: Iterable[str], values: Mapping[str, str] | None = None) -> bool:
    """Return whether dimensions say only when, so that rows that share no other one may be of different tables."""
    known = values or {}
    return all(_PERIODS.fullmatch(name) or _DAY.fullmatch(known.get(name, "")) for name in names)


def _iterate_empty(payload: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of a payload without a value, those in an object also with the name of the object before them."""
    for name, value in payload.items():
        if isinstance(value, Mapping):
            for inner in _iterate_empty(value):
                yield inner
                yield normalize_field_name(name) + inner
        elif value is None or (isinstance(value, str) and value.strip().lower() in _EMPTY_TEXTS):
            yield normalize_field_name(name)
