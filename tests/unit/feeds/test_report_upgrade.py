"""A store that version 0.1 wrote, and the same reports sent again to this version: equal sums under one identity."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from unit.feeds.reports import REPORTS, Report
from unit.feeds.test_report_properties import VALUES, Cell, build_row, send_rows, sum_stored

from brain.bootstrap import Brain
from brain.domain.events import METRICS, Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.ports.document_store import Create, Document, Update
from brain.repositories import codec, paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

CELLS = {kind: [Cell("1", value, (10 + n, 100 + n)) for n, value in enumerate(VALUES[kind])] for kind in VALUES}
KINDS = ("text", "boolean", "id")


def write_as_before(brain: Brain, report: Report, rows: Sequence[object]) -> None:
    """Write rows as version 0.1 did: without dimensions in the key, so that the last row of a key overwrote the others.

    Its documents have no time of the provider and no state.
    """
    context = FeedContext(CLIENT, brain.clock.now(), field_map=report.field_map)
    for draft in normalize(report.source, report.build_request(rows), context):  # type: ignore[arg-type]
        assert isinstance(draft, Draft)
        former = replace(
            draft,
            content_key=draft.former_key or draft.content_key,
            dimensions=(),
            former_key=(),
            as_of=None,
            notices=(),
        )
        identified = build_event(former, context, brain.identity_keys)
        assert isinstance(identified, IdentifiedEvent)
        document = codec.new_event_to_document(
            identified.event, identified.fingerprint, cumulative=identified.cumulative
        )
        _overwrite(brain, paths.event(CLIENT, identified.event.event_id), document)


def _overwrite(brain: Brain, path: str, document: Document) -> None:
    stored = brain.store.get(path)
    if stored is None:
        brain.store.commit([Create(path, document)])
    else:
        changed = {name: document[name] for name in (*METRICS, "raw_data", "fingerprint") if name in document}
        brain.store.commit([Update(path, changed)])


def sum_columns(cells: Sequence[Cell]) -> tuple[float, ...]:
    """Return the sums of the two figures."""
    return tuple(sum(cell.figures[index] for cell in cells) for index in (0, 1))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("report", REPORTS, ids=str)
def test_the_same_report_again_gives_equal_sums(report: Report, kind: str) -> None:
    """Rows that overwrote each other are all there, and the one that was left is not counted twice."""
    cells = CELLS[kind]
    rows = [build_row(report, kind, cell) for cell in cells]
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    write_as_before(brain, report, rows)
    clock.advance(timedelta(hours=1))
    for row in rows:
        send_rows(brain, report, [row])
    assert sum_stored(brain, report.metrics) == sum_columns(cells)
    send_rows(brain, report, rows)
    assert sum_stored(brain, report.metrics) == sum_columns(cells)


@pytest.mark.parametrize("report", REPORTS, ids=str)
def test_sums_are_equal_while_both_versions_run(report: Report) -> None:
    """The former version receives the report once more in between; the next time here counts each row once."""
    cells = CELLS["text"][:3]
    rows = [build_row(report, "text", cell) for cell in cells]
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    for _ in range(2):
        write_as_before(brain, report, rows)
        clock.advance(timedelta(hours=1))
        send_rows(brain, report, rows)
        assert sum_stored(brain, report.metrics) == sum_columns(cells)


@pytest.mark.parametrize("report", REPORTS, ids=str)
def test_a_report_without_further_columns_keeps_its_identity(report: Report) -> None:
    """A row with no column that version 0.1 did not know is a duplicate of the stored one."""
    brain = build_memory_brain()
    row = report.build_row("1", {}, 3, 4)
    write_as_before(brain, report, [row])
    send_rows(brain, report, [row])
    assert sum_stored(brain, report.metrics) == (3, 4)
    assert len(brain.store.query(paths.events(CLIENT))) == 1


def test_a_report_that_now_names_its_property_is_not_counted_twice() -> None:
    """Version 0.1 stored it without; a second property of the client is another total."""
    report = next(report for report in REPORTS if report.name == "ga4_report")
    brain = build_memory_brain()
    row = report.build_row("1", {}, 3, 4)
    write_as_before(brain, report, [row])
    for property_id in ("properties/123", "123", "456"):
        send_request(brain, report.build_request([row]), "warehouse", property_id=property_id)
    assert sum_stored(brain, report.metrics) == (6, 8)
