"""A client is told what it should know of its feeds, in few writes, and never at the cost of an answer."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.adapters.sqlite.writer import SqliteWriter
from brain.bootstrap import Brain
from brain.domain.gateway.feed_warnings import FeedWarning
from brain.errors import StoreUnavailableError
from brain.ports.document_store import Delete, EventWriter, Write, WriteResult
from brain.services.gateway import record_warnings
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.record_warnings import RecordWarnings
from brain.testing.faulty_store import FaultMode, FaultyWriter
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_post_payload, send_request


def told(brain: Brain) -> dict[str, dict[str, Any]]:
    """The client's warnings by type."""
    return {document.id: document.data for document in brain.store.query(f"clients/{CLIENT}/warnings")}


def counts(brain: Brain) -> dict[str, int]:
    """How often each was noticed."""
    return {name: document["count"] for name, document in told(brain).items()}


def test_each_kind_of_trouble_is_told_once_a_request_with_its_count() -> None:
    """Refused, kept aside, in conflict, ahead of time, of an unknown kind."""
    brain = build_memory_brain()
    ahead = build_post_payload(5) | {"occurred_at": "2026-11-22T07:50:00Z"}
    bad, worse = build_post_payload(1, likes=-1), build_post_payload(2) | {"occurred_at": "2030-01-01T00:00:00Z"}
    send_request(
        brain, [build_post_payload(1), build_post_payload(1, likes=9), bad, bad, worse, {"nobody": "knows this"}, ahead]
    )
    assert counts(brain) == {
        "rejected_invalid_field": 2,
        "rejected_future_time": 1,
        "conflict": 1,
        "dead_lettered_unknown_shape": 1,
        "clock_ahead": 1,
    }
    conflict = told(brain)["conflict"]
    assert conflict["sample_id"].startswith("evt_")
    assert (conflict["type"], conflict["first_seen"], conflict["last_seen"]) == ("conflict", NOW, NOW)
    assert told(brain)["dead_lettered_unknown_shape"]["sample_id"].startswith("dl_")


def test_a_kind_of_event_that_the_reader_does_not_know_is_told() -> None:
    """It is kept as custom, and the client learns that it counts nothing."""
    brain = build_memory_brain()
    row = {"email": "a@example.org", "timestamp": 1795330000, "event": "levitated", "sg_event_id": "x1"}
    send_request(brain, [row], "email")
    assert counts(brain) == {"unknown_kind": 1}
    send_request(brain, [row], "email")
    assert counts(brain) == {"unknown_kind": 1}  # a duplicate is no news


def test_good_events_duplicates_and_replays_cost_no_warning_and_no_write() -> None:
    """Only trouble is written down."""
    brain = build_memory_brain()
    send_request(brain, [build_post_payload(1), build_post_payload(2)])
    send_request(brain, [build_post_payload(1)])
    assert counts(brain) == {}
    letter = send_request(brain, [{"nobody": "knows this"}]).items[0].dead_letter_id
    before = counts(brain)
    asyncio.run(brain.replay(brain.replay.find(str(letter))))
    assert counts(brain) == before


def test_no_person_is_in_a_warning() -> None:
    """Not even when the trouble is about one."""
    brain = build_memory_brain()
    send_request(brain, [{"email": "ada.canary@example.org", "timestamp": "soon", "event": "click"}], "email")
    send_request(brain, [{"ada.canary@example.org": "ada.canary@example.org"}])
    assert len(told(brain)) == 2
    assert "canary" not in str(told(brain))


def test_a_storm_is_written_once_a_second_and_loses_no_count() -> None:
    """What waits goes with the next write, and another instance adds to the same documents."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    writer = Counting(SqliteWriter(brain.store))
    keep = RecordWarnings(writer, clock, brain.report_error)
    other = RecordWarnings(Counting(SqliteWriter(brain.store)), clock, brain.report_error)
    for _ in range(40):
        asyncio.run(keep(CLIENT, [FeedWarning("conflict", "evt_1", "m")] * 5))
        clock.advance(timedelta(milliseconds=100))
    asyncio.run(other(CLIENT, [FeedWarning("conflict", "evt_2", "m")]))
    clock.advance(timedelta(seconds=1))
    asyncio.run(keep(CLIENT, [FeedWarning("conflict", "evt_3", "m")]))
    assert counts(brain) == {"conflict": 202}
    assert told(brain)["conflict"]["sample_id"] == "evt_3"
    assert told(brain)["conflict"]["first_seen"] == NOW
    assert writer.writes == 5


class Counting:
    """A writer that counts what it writes."""

    def __init__(self, inner: EventWriter) -> None:
        self._inner = inner
        self.writes = 0

    async def write(self, writes: Any) -> list[WriteResult]:
        """Pass on."""
        self.writes += len(writes)
        return await self._inner.write(writes)

    async def aclose(self) -> None:
        """Nothing to let go."""


@pytest.mark.parametrize("mode", [FaultMode.REFUSE, FaultMode.LOSE])
def test_a_warning_that_cannot_be_written_waits_and_the_answer_does_not(mode: FaultMode) -> None:
    """The sender is answered as if nothing were; the log is told."""
    failures: list[str] = []
    brain = build_memory_brain()
    brain.ingest.record_warnings = RecordWarnings(
        FaultyWriter(SqliteWriter(brain.store), fail_at=1, mode=mode),
        brain.clock,
        lambda part, _: failures.append(part),
    )
    assert send_request(brain, [build_post_payload(1, likes=-1)]).http_status == 422
    assert failures == ["warnings"]
    brain.clock.sleep(2)
    send_request(brain, [build_post_payload(1, likes=-1)])
    assert counts(brain)["rejected_invalid_field"] >= 2


def test_a_writer_that_raises_costs_nobody_an_answer() -> None:
    """A full queue, say."""
    failures: list[str] = []
    brain = build_memory_brain()

    class Raising(Counting):
        async def write(self, _writes: Any) -> list[WriteResult]:
            raise StoreUnavailableError("of this test")

    writer = Raising(SqliteWriter(brain.store))
    brain.ingest.record_warnings = RecordWarnings(writer, brain.clock, lambda part, _: failures.append(part))
    assert send_request(brain, [build_post_payload(1, likes=-1)]).http_status == 422
    assert failures == ["warnings"]


def test_what_an_instance_remembers_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgetting costs one refused creation, no count."""
    monkeypatch.setattr(record_warnings, "MAX_REMEMBERED_KEYS", 2)
    clock = ManualClock(NOW)
    store = SqliteStore(":memory:", clock)
    keep = RecordWarnings(GroupCommit(SqliteWriter(store)), clock, lambda *_: None)
    for _ in range(3):
        for client in ("a", "b", "c"):
            asyncio.run(keep(client, [FeedWarning("conflict", "evt_1", "m")]))
        clock.advance(timedelta(seconds=2))
    assert [store.query(f"clients/{client}/warnings")[0].data["count"] for client in "abc"] == [3, 3, 3]


def test_a_request_that_is_to_be_sent_again_warns_of_nothing_yet() -> None:
    """Or each try would count."""
    brain = build_memory_brain()
    writes: list[Write] = [Delete(f"clients/{CLIENT}/warnings/none")]
    asyncio.run(brain.ingest.writer.write(writes))
    brain.ingest.writer = FaultyWriter(SqliteWriter(brain.store), fail_at=1, mode=FaultMode.LOSE)
    assert send_request(brain, [build_post_payload(1), build_post_payload(2, likes=-1)]).http_status == 503
    assert counts(brain) == {}


def test_without_warnings_nothing_is_written() -> None:
    """Not even what waits to be written."""
    brain = build_memory_brain()
    writer = Counting(brain.ingest.writer)
    asyncio.run(RecordWarnings(writer, brain.clock, brain.report_error)(CLIENT, []))
    assert writer.writes == 0
