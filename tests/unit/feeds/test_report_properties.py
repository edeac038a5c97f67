"""However a report is split, repeated and reordered, the store's sums are those of its columns."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.feeds.reports import REPORTS, Report

from brain.bootstrap import Brain
from brain.domain.gateway.results import IngestStatus
from brain.repositories import paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

# `make prove` runs 10,000 examples in all.
EXAMPLES = int(os.environ.get("BRAIN_REPORT_EXAMPLES", "300"))
SYNCED_AT = datetime(2026, 11, 21, 6, tzinfo=UTC)
TEXTS = ("VIDEO", "IMAGE", "a=b", "x|y", "New York", "Boston", "ä", "未知", "(other)", "/path?q=1", "true", "CA")
VALUES = {"text": TEXTS, "boolean": (True, False), "id": (101, 102, 7, "abc", "d-4", "55")}


@dataclass(frozen=True)
class Cell:
    """One row of a report: its content and extra value, its figures, and the copy that it is (0 is the newest)."""

    content: str
    value: Any
    figures: tuple[int, int]
    age: int = 0


@st.composite
def split_reports(draw: st.DrawFn) -> tuple[str, list[list[Cell]]]:
    """Draw the kind of an extra column, and the rows of a report as requests in the order of their arrival.

    A request has no two copies of one row with different figures, which would be ambiguous.
    """
    kind = draw(st.sampled_from(tuple(VALUES)))
    figures = st.tuples(st.integers(0, 1000), st.integers(0, 1000))
    keys = st.tuples(st.sampled_from(("1", "2")), st.sampled_from(VALUES[kind]))
    cells = [Cell(*key, draw(figures)) for key in draw(st.lists(keys, min_size=1, max_size=6, unique_by=repr))]
    repeats = [draw(st.sampled_from(cells)) for _ in range(draw(st.integers(0, 3)))]
    stale = [
        Cell(cell.content, cell.value, draw(figures), draw(st.integers(1, 3)))
        for cell in draw(st.lists(st.sampled_from(cells), max_size=3, unique_by=repr))
    ]
    arrivals = draw(st.permutations([*cells, *repeats, *stale]))
    return kind, _split(arrivals, draw(st.lists(st.booleans(), min_size=len(arrivals), max_size=len(arrivals))))


def _split(arrivals: Sequence[Cell], cuts: Sequence[bool]) -> list[list[Cell]]:
    requests: list[list[Cell]] = [[]]
    for cell, is_cut in zip(arrivals, cuts, strict=True):
        in_request = {(other.content, repr(other.value)): other for other in requests[-1]}
        if is_cut or in_request.get((cell.content, repr(cell.value)), cell) != cell:
            requests.append([])
        requests[-1].append(cell)
    return [request for request in requests if request]


def build_row(report: Report, kind: str, cell: Cell) -> dict[str, Any]:
    """Write a row with the time of its copy, where the report has one."""
    name = report.columns[kind]
    extra = {name: {"resourceName": f"customers/111/x/{cell.value}"} if name == "geographicView" else cell.value}
    synced = {report.sync_column: (SYNCED_AT - timedelta(hours=cell.age)).isoformat()} if report.sync_column else {}
    return report.build_row(cell.content, {**extra, **synced}, *cell.figures)


def order_copies(report: Report, requests: Sequence[Sequence[Cell]]) -> list[list[Cell]]:
    """Return the requests with stale copies first for a report without times, whose newest copy arrives last."""
    if report.sync_column:
        return [list(request) for request in requests]
    by_age: dict[int, list[list[Cell]]] = {}
    for request in requests:
        for age in {cell.age for cell in request}:
            by_age.setdefault(age, []).append([cell for cell in request if cell.age == age])
    return [request for age in sorted(by_age, reverse=True) for request in by_age[age]]


def sum_stored(brain: Brain, metrics: Sequence[str]) -> tuple[float, ...]:
    """Return the sums of the metrics over the current events."""
    documents = [event.data for event in brain.store.query(paths.events(CLIENT))]
    return tuple(sum(document.get(metric, 0) for document in documents) for metric in metrics)


def send_rows(brain: Brain, report: Report, rows: Sequence[Mapping[str, Any]]) -> None:
    """Send rows in one request, all of which must be accepted."""
    result = send_request(brain, report.build_request(rows), report.source, field_map=report.field_map)
    accepted = (IngestStatus.STORED, IngestStatus.REVISED, IngestStatus.DUPLICATE)
    assert all(item.outcome in accepted for item in result.items), result.items
    assert len(result.items) == len(rows)


@pytest.mark.parametrize("report", REPORTS, ids=str)
@settings(max_examples=max(1, EXAMPLES // len(REPORTS)))
@given(example=split_reports())
def test_the_sums_are_those_of_the_columns(report: Report, example: tuple[str, list[list[Cell]]]) -> None:
    """Split by any extra column, into any requests, in any order, with repeats and stale copies."""
    kind, requests = example
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    for request in order_copies(report, requests):
        send_rows(brain, report, [build_row(report, kind, cell) for cell in request])
        clock.advance(timedelta(seconds=1))
    newest = {(cell.content, repr(cell.value)): cell for request in requests for cell in request if cell.age == 0}
    expected = tuple(sum(cell.figures[index] for cell in newest.values()) for index in (0, 1))
    assert sum_stored(brain, report.metrics) == expected
