"""What version 0.1 identified by its whole content, and this version by less of it: nothing is counted twice."""

from dataclasses import replace
from typing import Any

import pytest

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.ports.document_store import Create
from brain.repositories import codec, paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

STREAMED = {"event_name": "page_view", "event_timestamp": "1794300000000000", "user_pseudo_id": "u1"}
ROW = {"date": "2026-11-10", "page": "/a", "views": 1}
DAILY = STREAMED | {"is_active_user": True, "traffic_source": {"source": "google"}}


@pytest.mark.parametrize(
    ("former_row", "rows", "views"),
    [(DAILY, (DAILY, STREAMED, DAILY), 1), (ROW, (ROW, ROW | {"views": 3}, ROW | {"views": 3}), 3)],
)
def test_a_row_of_version_0_1_is_not_counted_twice(
    former_row: dict[str, Any], rows: tuple[dict[str, Any], ...], views: int
) -> None:
    """The event under the former id is retracted once the same row is stored under its new one."""
    brain = build_memory_brain()
    context = FeedContext(CLIENT, brain.clock.now())
    draft = normalize("warehouse", former_row, context)[0]
    assert isinstance(draft, Draft)
    former = replace(
        draft, newly_volatile=frozenset(), volatile=draft.volatile - draft.newly_volatile, content_key=(),
        cumulative=False, was_event=False,
    )  # fmt: skip
    stored = build_event(former, context, brain.identity_keys)
    assert isinstance(stored, IdentifiedEvent)
    document = codec.new_event_to_document(stored.event, stored.fingerprint, cumulative=False)
    brain.store.commit([Create(paths.event(CLIENT, stored.event.event_id), document)])
    for row in rows:
        send_request(brain, row, "warehouse")
    events = [event.data for event in brain.store.query(paths.events(CLIENT))]
    figures = sorted((event.get("views", 0), event.get("retracted", False)) for event in events)
    assert figures == [(0, True), (views, False)]


def test_a_row_without_later_columns_keeps_its_id() -> None:
    """It costs no read, and a resend of what version 0.1 stored is a duplicate."""
    brain = build_memory_brain()
    draft = normalize("warehouse", STREAMED, FeedContext(CLIENT, brain.clock.now()))[0]
    assert isinstance(draft, Draft)
    former = replace(draft, volatile=frozenset(), newly_volatile=frozenset())
    events = [
        build_event(form, FeedContext(CLIENT, brain.clock.now()), brain.identity_keys) for form in (draft, former)
    ]
    assert [event.event.event_id for event in events if isinstance(event, IdentifiedEvent)] == [
        events[0].event.event_id,  # type: ignore[union-attr]
    ] * 2
    assert events[0].former_id is None  # type: ignore[union-attr]
