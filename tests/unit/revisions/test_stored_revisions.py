"""Revisions in the store: the provider's time decides, history is kept, and resends change nothing."""

import asyncio
from datetime import timedelta

from brain.domain.events import Draft, FeedType
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import build_event
from brain.errors import StoreRefusedError
from brain.ports.document_store import Transform, Update
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_request, send_request


def send(brain, hours, name="", **metrics):
    """Send a row that the provider wrote at an hour of the evening before ``NOW``; return its outcome."""
    brain.clock.advance(timedelta(minutes=1))
    synced_at = NOW - timedelta(hours=12 - hours)
    draft = Draft(
        feed_type=FeedType.ADS_META, occurred_at=NOW - timedelta(days=1), raw={"synced_at": str(synced_at), **metrics},
        content_key=("day", "ad_id=7"), cumulative=True, metrics=metrics, as_of=synced_at,
        volatile=frozenset({"synced_at"}),
    )  # fmt: skip
    context = FeedContext(CLIENT, brain.clock.now())
    row = build_event(draft, context, brain.ingest.keys())
    (item,) = asyncio.run(brain.ingest.ingest_items(build_request([], name=name), [row], context)).items
    return str(item.outcome)


def read_event(brain):
    """The only event."""
    (event,) = brain.store.query(paths.events(CLIENT))
    return event


def test_a_stale_copy_is_history_and_sent_again_a_duplicate():
    """It is recorded with its time and changes no value."""
    brain = build_memory_brain()
    assert send(brain, 2, clicks=9) == "stored"
    assert send(brain, 1, clicks=5) == "revised"
    event = read_event(brain)
    assert (event.data["clicks"], event.data["as_of"], event.data["revision"]) == (9, NOW - timedelta(hours=10), 1)
    assert send(brain, 1, clicks=5) == "duplicate"
    assert send(brain, 2, clicks=9) == "duplicate"
    assert read_event(brain).data["revision"] == 1
    assert len(brain.store.query(paths.revisions(CLIENT, event.id))) == 2


def test_unchanged_values_of_a_later_time_outlive_a_stale_copy():
    """The same values synced again are still true then: a copy from between the two is stale."""
    brain = build_memory_brain()
    send(brain, 1, clicks=9)
    assert send(brain, 3, clicks=9) == "duplicate"
    send(brain, 2, clicks=5)
    assert read_event(brain).data["clicks"] == 9


def test_two_queries_sent_again_and_again_are_duplicates():
    """Each was merged once; its resend finds its values in the total."""
    brain = build_memory_brain()
    assert [send(brain, 1, clicks=9), send(brain, 1, views=50)] == ["stored", "revised"]
    assert [send(brain, 1, clicks=9), send(brain, 1, views=50)] == ["duplicate", "duplicate"]
    assert read_event(brain).data["revision"] == 1


def test_a_retry_of_a_delivery_has_the_result_of_its_first_attempt():
    """Also when the row was stale, or another query has been merged since."""
    brain = build_memory_brain()
    assert send(brain, 2, name="first", clicks=9) == "stored"
    assert send(brain, 1, name="stale", clicks=5) == "revised"
    assert send(brain, 1, name="stale", clicks=5) == "revised"
    assert read_event(brain).data["revision"] == 1


def test_a_resend_in_another_request_is_a_duplicate():
    """The correlation id of the request and a new version of the key are no news."""
    brain = build_memory_brain()
    row = {"occurred_at": "2026-11-22T06:30:00Z", "content_id": "c1", "cumulative": True, "likes": 3, "creator": "ann"}
    assert send_request(brain, row, name="one").items[0].outcome == "stored"
    assert send_request(brain, row, name="two").items[0].outcome == "duplicate"
    brain.secrets.texts["BRAIN_HASH_SALT"] = "2:the second salt of a test\n1:the first salt of a test"
    brain.clock.advance(timedelta(hours=1))
    assert send_request(brain, row, name="three").items[0].outcome == "duplicate"


def test_a_payload_that_is_read_better_corrects_what_an_earlier_version_stored():
    """The same content again: a wrong metric goes, a missing one comes."""
    brain = build_memory_brain()
    row = {"occurred_at": "2026-11-22T06:30:00Z", "content_id": "c1", "cumulative": True, "likes": 3}
    send_request(brain, row)
    event = read_event(brain)
    brain.store.commit([Update(event.path, {"likes": Transform.DELETE_FIELD, "shares": 5400})])
    assert send_request(brain, row).items[0].outcome == "revised"
    assert (read_event(brain).data["likes"], read_event(brain).data.get("shares")) == (3, None)
    assert send_request(brain, row).items[0].outcome == "duplicate"


def test_a_total_with_ever_new_columns_stays_within_what_the_store_takes():
    """The columns of earlier payloads go; the figures stay."""
    brain = build_memory_brain()
    for number in range(14):
        row = {"occurred_at": "2026-11-22T06:30:00Z", "content_id": "c1", "cumulative": True, "likes": number}
        brain.clock.advance(timedelta(minutes=1))
        (item,) = send_request(brain, row | {"raw_data": {f"column {number}": ["x" * 90] * 900}}).items
        assert item.outcome in ("stored", "revised")
    event = read_event(brain)
    assert (event.data["likes"], event.data["revision"]) == (13, 13)


def test_a_revision_that_the_store_refuses_is_a_dead_letter_and_harms_no_other_event(monkeypatch):
    """Whatever it is refused for; the same request again and again would never be answered."""
    brain = build_memory_brain()
    first, second = ({"occurred_at": "2026-11-22T06:30:00Z", "content_id": name, "cumulative": True} for name in "ab")
    send_request(brain, [first | {"likes": 1}, second | {"likes": 1}])
    commit = brain.store.commit

    def refuse(writes):
        if any(getattr(write, "data", {}).get("content_id") == "a" for write in writes):
            raise StoreRefusedError("too large")
        commit(writes)

    monkeypatch.setattr(brain.ingest.store, "commit", refuse)
    items = send_request(brain, [first | {"likes": 2}, second | {"likes": 2}]).items
    assert [(item.outcome, item.error_code) for item in items] == [
        ("dead_lettered", "store_refused"),
        ("revised", None),
    ]
    assert len(DeadLetters(brain.store).list(brain.clock.now())) == 1
