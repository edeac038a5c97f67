"""Finds rows of one request that are the totals of its other rows."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final, NamedTuple

from brain.domain.events import AMOUNT_METRICS
from brain.domain.gateway.report_levels import MAX_SEARCHED, Level, ReportRow, group_by_level

TOTAL_ROW: Final = "total_row"
SEVERAL: Final = 2
_HALF_CENT: Final = 0.0051
_MAX_NAMES: Final = 8


class Overlap(NamedTuple):
    """Two levels with the same figures, and a row of one of them."""

    level: Level
    other: Level
    event_id: str


@dataclass(slots=True)
class RequestTotals:
    """What the rows of a request are to each other.

    Attributes:
        totals: the message to the sender for each row that is the total of others, by event id.
        overlaps: levels whose rows are the same figures, without a proof which of them is the sum.
        tables: pairs of levels that are one table, whose rows add up: one lacks a dimension in some rows.
        rows: the rows that were compared.
    """

    rows: Sequence[ReportRow] = ()
    totals: dict[str, str] = field(default_factory=dict)
    overlaps: list[Overlap] = field(default_factory=list)
    tables: set[tuple[Level, Level]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A row, the rows that it may be the total of, the metrics of both, and the dimensions that only those have.

    Parts of an amount may be rounded to cents.
    """

    row: ReportRow
    parts: Sequence[ReportRow]
    metrics: Sequence[str]
    further: frozenset[str]

    @property
    def is_equal(self) -> bool:
        """Whether every figure of the row is the sum of its parts."""
        return all(abs(self._compare_sum(name)) <= self._get_margin(name) for name in self.metrics)

    @property
    def is_strong(self) -> bool:
        """Whether that cannot be by chance."""
        counted = [name for name in self.metrics if self.row.metrics[name]]
        return self.has_several and len(counted) >= SEVERAL and self.is_equal

    @property
    def has_several(self) -> bool:
        """Whether there are at least two parts."""
        return len(self.parts) >= SEVERAL

    @property
    def is_possible(self) -> bool:
        """Whether no part is larger than the row."""
        largest = {name: max(part.metrics.get(name, 0) for part in self.parts) for name in self.metrics}
        return all(largest[name] <= self.row.metrics[name] + self._get_margin(name) for name in self.metrics)

    @property
    def is_doubtful(self) -> bool:
        """Whether the row is not just the rest of a table, or is a sum by chance or not."""
        return (self.has_several and self.is_equal) or not self.row.has_empty(self.further)

    @property
    def names_sum(self) -> bool:
        """Whether the row says that it is a total, and is no smaller than its parts."""
        return self.row.is_labeled and (self.is_equal or self.covers)

    @property
    def covers(self) -> bool:
        """Whether the row is as large as several parts together."""
        return self.has_several and all(self._compare_sum(name) <= self._get_margin(name) for name in self.metrics)

    def _compare_sum(self, metric: str) -> float:
        """Return by how much the sum of the parts is larger than the row."""
        return sum(part.metrics.get(metric, 0) for part in self.parts) - self.row.metrics[metric]

    def _get_margin(self, metric: str) -> float:
        return _HALF_CENT * (len(self.parts) + 1) if metric in AMOUNT_METRICS else 0


def find_totals(rows: Sequence[ReportRow]) -> RequestTotals:
    """Return which rows are totals of other rows of the request.

    A row is the total of those that have its dimensions and further ones if its figures are their sums: at least two
    figures of at least two rows, or any if a dimension names it a total. It is never one if a part is larger.
    """
    found = RequestTotals(rows)
    if len(rows) < SEVERAL:
        return found
    by_level = group_by_level(rows)
    divisions: defaultdict[str, list[Level]] = defaultdict(list)
    for coarse, fine in _list_pairs(by_level):
        compared = list(_compare(by_level[coarse], by_level[fine], coarse, fine))
        for event_id in _judge(compared, coarse, fine, found):
            divisions[event_id].append(fine)
            found.totals.setdefault(event_id, _explain(coarse, fine))
    doubtful = {overlap[:2]: overlap for overlap in found.overlaps if overlap.event_id not in found.totals}
    found.overlaps = list(doubtful.values())
    for event_id, levels in divisions.items():
        others = ((one, two) for one, two in combinations(levels, 2) if not _is_division_of(one, two))
        found.overlaps += [Overlap(*pair, event_id) for pair in others]
    return found


def _is_division_of(level: Level, other: Level) -> bool:
    return level.is_total_of(other) or other.is_total_of(level)


def _list_pairs(levels: dict[Level, list[ReportRow]]) -> list[tuple[Level, Level]]:
    return [(coarse, fine) for coarse in levels for fine in levels if coarse.is_total_of(fine)]


def _compare(
    totals: Sequence[ReportRow], parts: Sequence[ReportRow], coarse: Level, fine: Level
) -> Iterator[_Comparison]:
    """Yield the comparison of each row that has parts; one without any figure says nothing."""
    by_values: defaultdict[tuple[str, ...], list[ReportRow]] = defaultdict(list)
    for part in parts:
        by_values[part.project(coarse.names)].append(part)
    further = frozenset(fine.names) - frozenset(coarse.names)
    times = Counter(row.project(coarse.names) for row in totals)
    for row in totals:
        if times[row.project(coarse.names)] > 1:
            continue  # several rows that only differ in a description share the parts
        own_parts = by_values.get(row.project(coarse.names), [])
        metrics = [name for name in row.metrics if any(name in part.metrics for part in own_parts)]
        if any(map(row.metrics.get, metrics)):
            yield _Comparison(row, own_parts, metrics, further)


def _judge(compared: Sequence[_Comparison], coarse: Level, fine: Level, found: RequestTotals) -> list[str]:
    """Return the ids of the rows that are totals, and note what the levels are to each other."""
    is_one_table = not all(each.is_possible for each in compared)
    totals = [each for each in compared if each.names_sum]
    if is_one_table:
        found.tables.add((coarse, fine))
    else:
        totals += _list_proven([each for each in compared if not each.row.is_labeled])
        _note_others([each for each in compared if each not in totals], coarse, fine, found)
    return [each.row.event_id for each in totals]


def _list_proven(compared: Sequence[_Comparison]) -> list[_Comparison]:
    """Return the rows that are sums beyond doubt; all of them if one is, and the others are sums too."""
    proven = [each for each in compared if each.is_strong]
    return list(compared) if proven and all(each.is_equal for each in compared) else proven


def _note_others(others: Sequence[_Comparison], coarse: Level, fine: Level, found: RequestTotals) -> None:
    doubtful = [each for each in others[:MAX_SEARCHED] if each.is_doubtful]
    if doubtful:
        found.overlaps += [Overlap(coarse, fine, each.row.event_id) for each in doubtful]
    elif others:
        found.tables.add((coarse, fine))


def _explain(coarse: Level, fine: Level) -> str:
    further = [name for name in fine.names if name not in coarse.names][:_MAX_NAMES]
    return (
        "expected rows that add up, got the total of rows of this request that differ in "
        f"{', '.join(further)}; those are counted and the total is not; leave it out"
    )
