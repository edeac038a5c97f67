"""Rows of the GA4 export that version 0.1 stored under another id, because it took later columns for content."""

from dataclasses import replace

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.ports.document_store import Create
from brain.repositories import codec, paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

STREAMED = {"event_name": "page_view", "event_timestamp": "1794300000000000", "user_pseudo_id": "u1"}
DAILY = STREAMED | {"is_active_user": True, "traffic_source": {"source": "google"}}


def test_a_row_of_version_0_1_is_not_counted_twice() -> None:
    """The event under the former id is retracted once the same row is stored under its new one."""
    brain = build_memory_brain()
    draft = normalize("warehouse", DAILY, FeedContext(CLIENT, brain.clock.now()))[0]
    assert isinstance(draft, Draft)
    former = replace(draft, volatile=frozenset(), newly_volatile=frozenset())
    stored = build_event(former, FeedContext(CLIENT, brain.clock.now()), brain.identity_keys)
    assert isinstance(stored, IdentifiedEvent)
    document = codec.new_event_to_document(stored.event, stored.fingerprint, cumulative=False)
    brain.store.commit([Create(paths.event(CLIENT, stored.event.event_id), document)])
    for row in (DAILY, STREAMED, DAILY):
        send_request(brain, row, "warehouse")
    events = [event.data for event in brain.store.query(paths.events(CLIENT))]
    assert sorted((event.get("views", 0), event.get("retracted", False)) for event in events) == [(0, True), (1, False)]


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
