"""The levels at which a client has sent reports lately, with some rows of each, and which of them overlap."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from heapq import nlargest
from itertools import islice
from typing import Final, TypeAlias

from brain.domain.events import Notice
from brain.domain.gateway.report_levels import MAX_LEVELS, MAX_SEARCHED, Level, ReportRow, are_periods
from brain.domain.gateway.report_totals import Overlap
from brain.domain.json_text import encode_canonical_json

OVERLAPPING_REPORTS: Final = "overlapping_reports"
REMEMBERED_FOR: Final = timedelta(days=35)
"""A month and some days: a monthly report covers the days of a daily one."""
ROWS_PER_DAY: Final = 3
MAX_ROWS: Final = 9
MAX_EMPTY: Final = 24
_MAX_NAMES: Final = 8
_HEX_DIGITS: Final = 12

HashText: TypeAlias = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class KnownLevel:
    """One level: when it was seen, the metrics and columns without a value of its rows, and some of its rows.

    Attributes:
        level: the level.
        first_seen: when the first row of it was received.
        last_seen: when one was received last; written once a day.
        metrics: the metrics of its rows.
        empty: columns without a value in its rows.
        rows: the hashed values of some rows, in the order of the level's names.
        tables: the ids of levels that are in one table with this one.
    """

    level: Level
    first_seen: datetime
    last_seen: datetime
    metrics: frozenset[str]
    empty: frozenset[str] = frozenset()
    rows: tuple[tuple[str, ...], ...] = ()
    tables: frozenset[str] = frozenset()

    @property
    def level_id(self) -> str:
        """The id of the level."""
        return derive_level_id(self.level)

    def project(self, names: Sequence[str]) -> set[tuple[str, ...]]:
        """Return the hashed values that its rows have of some of its dimensions."""
        positions = [self.level.names.index(name) for name in names]
        return {tuple(row[position] for position in positions) for row in self.rows}


KnownLevels: TypeAlias = Mapping[str, KnownLevel]
"""The levels of one feed by their ids."""


@lru_cache(maxsize=4096)
def derive_level_id(level: Level) -> str:
    """Return the id of a level."""
    return hashlib.sha256(encode_canonical_json([*level[:2], *level.names])).hexdigest()[:_HEX_DIGITS]


def build_hasher(key: bytes) -> HashText:
    """Return a function that hashes the values of rows with a client's key, each once."""

    @lru_cache(maxsize=8192)
    def hash_text(text: str) -> str:
        return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()[:_HEX_DIGITS]

    return hash_text


def sample_level(
    level: Level, rows: Sequence[ReportRow], tables: Iterable[Level], now: datetime, hash_text: HashText
) -> KnownLevel:
    """Return a level as its rows in one request show it, with the newest of them."""
    newest = nlargest(ROWS_PER_DAY, rows, key=lambda row: (row.occurred_at, row.event_id))
    empty = sorted({name for row in newest for name in row.all_empty})
    return KnownLevel(
        level,
        now,
        now,
        frozenset(name for row in rows for name in row.metrics),
        frozenset(empty[:MAX_EMPTY]),
        tuple(tuple(map(hash_text, row.project(level.names))) for row in newest),
        frozenset(map(derive_level_id, tables)),
    )


def merge_levels(known: KnownLevels, seen: Iterable[KnownLevel], now: datetime) -> dict[str, KnownLevel]:
    """Return the known levels with those just seen: the latest few, without those that were not seen for long."""
    merged = {level_id: each for level_id, each in known.items() if each.last_seen > now - REMEMBERED_FOR}
    for new in seen:
        old = merged.get(new.level_id)
        merged[new.level_id] = _merge(old, new) if old else new
    latest = nlargest(MAX_LEVELS, merged.values(), key=lambda each: (each.last_seen, each.level_id))
    kept = {each.level_id for each in latest}
    return {each.level_id: replace(each, tables=each.tables & kept) for each in latest}


def _merge(old: KnownLevel, new: KnownLevel) -> KnownLevel:
    return replace(
        new,
        first_seen=min(old.first_seen, new.first_seen),
        last_seen=max(old.last_seen, new.last_seen),
        metrics=old.metrics | new.metrics,
        empty=frozenset(sorted(old.empty | new.empty)[:MAX_EMPTY]),
        rows=tuple(dict.fromkeys((*new.rows, *old.rows)))[:MAX_ROWS],
        tables=old.tables | new.tables,
    )


def list_related(level: Level, known: KnownLevels) -> list[KnownLevel]:
    """Return the known levels of which this one is the total or a part, or that divide the same totals otherwise.

    Levels of one table and levels without a common metric are none of them.
    """
    own_id = derive_level_id(level)
    own = known.get(own_id)
    return [
        each
        for level_id, each in known.items()
        if level_id != own_id
        and own_id not in each.tables
        and (own is None or level_id not in own.tables)
        and (level.is_total_of(each.level) or each.level.is_total_of(level) or level.divides_as(each.level))
    ]


def find_overlap(rows: Sequence[ReportRow], other: KnownLevel, hash_text: HashText) -> Overlap | None:
    """Return the first of the rows of one level that has the same figures as a known row of another level.

    Both have the same values of all dimensions that they share. If they share only a period, they are rows of the same
    report only if they have the same metrics. A row with a dimension of the other level that is empty is the rest of
    one table.
    """
    level = rows[0].level
    names = sorted({*level.names} & {*other.level.names})
    further = {*other.level.names} - {*names}
    if not further and not other.empty.isdisjoint(level.names):
        return None
    known = other.project(names)
    same = (row for row in rows if tuple(map(hash_text, row.project(names))) in known)
    overlapping = (row for row in islice(same, MAX_SEARCHED) if _has_same_figures(row, other, names, further))
    row = next(overlapping, None)
    return Overlap(level, other.level, row.event_id) if row else None


def _has_same_figures(row: ReportRow, other: KnownLevel, names: Sequence[str], further: set[str]) -> bool:
    if other.metrics.isdisjoint(row.metrics) or row.has_empty(further):
        return False
    return other.metrics == row.metrics.keys() or not are_periods(names, row.values)


def describe_overlap(overlap: Overlap) -> Notice:
    """Return what a client should know and do about two levels."""
    coarse, fine = sorted(overlap[:2], key=lambda level: len(level.names))
    return Notice(
        OVERLAPPING_REPORTS,
        f"two reports of {coarse.feed} must not have the same figures, got rows by {_name(coarse, fine)} and by "
        f"{_name(fine, coarse)} of the same content and time; the sums contain both; send one of them",
    )


def _name(level: Level, other: Level) -> str:
    """Return the names of a level, those that the other one lacks first."""
    named = [name for name in level.names if not name.startswith("#")]
    named.sort(key=lambda name: (name in other.names, name))
    return ", ".join(named[:_MAX_NAMES]) or "period"
