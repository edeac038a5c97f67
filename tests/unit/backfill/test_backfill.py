"""History through the service: any age, three runs are one, killed anywhere and resumed, bad pieces told by line."""

import asyncio
import itertools
import json
from collections import Counter
from datetime import datetime, timedelta

import pytest

from brain.adapters.sqlite.writer import SqliteWriter
from brain.domain.feeds.context import FeedContext
from brain.errors import InvalidInputError, StoreUnavailableError
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway import backfill as backfill_service
from brain.services.gateway import store_dead_letter
from brain.services.gateway.backfill import Backfill, BackfillFile, FilePayload, FilePosition
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.rate_limits import RateLimits
from brain.services.gateway.reconcile import Reconcile
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, ProcessKilled
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    MutableSecrets,
    build_memory_brain,
    build_post_payload,
    build_request,
)

OLD = "2019-05-01T08:00:00Z"
ENDS = ("stored", "revised", "duplicate", "rejected", "dead_lettered")


def old(number, **fields):
    """An event of long ago."""
    return build_post_payload(number, occurred_at=OLD) | fields


def total(number, likes):
    """A running total of long ago."""
    return old(number, content_id=f"c{number}", cumulative=True, likes=likes)


def history(values, key="file"):
    """A file of these payloads, a line each."""
    all_pieces = [FilePayload(n, value, FilePosition(10 * n, n)) for n, value in enumerate(values, start=1)]
    return BackfillFile(key, "custom", lambda start: all_pieces[start.line :])


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch):
    """Batches of five events, a checkpoint every second one."""
    monkeypatch.setattr(backfill_service, "EVENTS_PER_COMMIT", 5)
    monkeypatch.setattr(backfill_service, "BATCHES_PER_CHECKPOINT", 2)


async def no_sleep(_seconds):
    """Wait for nothing."""


def run(brain, values, key="file", received_at=NOW):
    """Run a backfill to its end; return the counts and the faults."""
    runs = itertools.count()
    counts, faults = Counter(), []

    async def go():
        work = Backfill(brain.ingest, new_run_id=lambda: f"run-{brain.clock.now()}-{next(runs)}", sleep=no_sleep)
        async for step in work(history(values, key), FeedContext(CLIENT, received_at, backfill=True)):
            counts.update(step.counts)
            faults.extend(step.faults)

    asyncio.run(go())
    return {name: counts[name] for name in ENDS if counts[name]}, faults


def documents(brain):
    """Everything there is of the client but marks of time."""
    events = brain.store.query(paths.events(CLIENT))
    revisions = [r for e in events for r in brain.store.query(paths.revisions(CLIENT, e.id))]
    volatile = {"stored_at", "received_at", "delivery", "superseded"}
    return [{n: v for n, v in d.data.items() if n not in volatile} for d in [*events, *revisions]]


def test_history_of_any_age_is_taken_and_the_future_is_not():
    """The floor of a year is lifted, the bound ahead stays."""
    brain = build_memory_brain()
    ahead = (NOW + timedelta(hours=2)).isoformat()
    counts, faults = run(brain, [old(1), build_post_payload(2), old(3, occurred_at=ahead), old(4, occurred_at=None)])
    assert counts == {"stored": 2, "rejected": 2}
    assert [(fault.line, fault.error_code) for fault in faults] == [(3, "future_time"), (4, "missing_time")]


def test_three_runs_are_one_and_a_live_event_and_its_backfill_are_one():
    """The same identity: whatever came live already is a duplicate."""
    brain = build_memory_brain()
    asyncio.run(brain.ingest(build_request([build_post_payload(2)]), FeedContext(CLIENT, NOW)))
    values = [old(n) for n in range(3, 25)] + [build_post_payload(2)]
    assert run(brain, values)[0] == {"stored": 22, "duplicate": 1}
    before = documents(brain)
    for _ in range(2):
        brain.clock.advance(timedelta(hours=1))
        assert run(brain, values, received_at=brain.clock.now())[0] == {"duplicate": 23}
        assert documents(brain) == before
    asyncio.run(brain.ingest(build_request([build_post_payload(2)]), FeedContext(CLIENT, NOW)))
    assert documents(brain) == before


@pytest.mark.parametrize("apart", [1, 3, 7, 12])
def test_rows_of_one_file_never_revise_each_other(apart):
    """In one batch or in several, and the same when the file is sent three times."""
    brain = build_memory_brain()
    values = [total(n, likes) for likes in (1, 2, 3, 1) for n in range(apart)]
    first, faults = run(brain, values)
    assert "revised" not in first
    assert sum(first.values()) == 4 * apart
    assert {fault.error_code for fault in faults} == {"ambiguous_key"}
    before = documents(brain)
    assert all(document["revision"] == 0 for document in before)
    for _ in range(2):
        brain.clock.advance(timedelta(days=1))
        counts = run(brain, values, received_at=brain.clock.now())[0]
        assert counts.keys() <= {"duplicate", "dead_lettered"}
        assert documents(brain) == before


def test_ambiguous_rows_of_a_file_stay_ambiguous_when_they_are_replayed():
    """They share one dead letter, so that a replay finds what the file had."""
    brain = build_memory_brain()
    run(brain, [total(1, 5), total(2, 6), total(1, 7)])
    (letter,) = DeadLetters(brain.store).list(brain.clock.now())
    assert letter.error_code == "ambiguous_key"
    replayed = asyncio.run(brain.replay(letter))
    assert {item.error_code for item in replayed.items} == {"ambiguous_key"}
    assert {event.data["likes"] for event in brain.store.query(paths.events(CLIENT))} == {6}


def test_a_total_that_came_live_before_is_no_news_in_history():
    """Yesterday's value in an export of today; a new value is a revision."""
    brain = build_memory_brain()
    for day, likes in enumerate((1, 2, 3)):
        received_at = NOW + timedelta(days=day)
        asyncio.run(
            brain.ingest(
                build_request([total(1, likes) | {"occurred_at": NOW.isoformat()}]), FeedContext(CLIENT, received_at)
            )
        )
    for day, (likes, outcome) in enumerate([(1, "duplicate"), (2, "duplicate"), (4, "revised"), (2, "duplicate")]):
        form = total(1, likes) | {"occurred_at": NOW.isoformat()}
        assert run(brain, [form], received_at=NOW + timedelta(days=4 + day))[0] == {outcome: 1}
    (event,) = brain.store.query(paths.events(CLIENT))
    assert (event.data["likes"], event.data["revision"]) == (4, 3)


def test_live_a_counter_may_return_to_a_value_it_had():
    """A like taken back is news, not a duplicate; two values in one request are ambiguous and change nothing."""
    brain = build_memory_brain()

    def live(likes, day):
        body = [total(1, n) | {"occurred_at": NOW.isoformat()} for n in likes]
        done = asyncio.run(brain.ingest(build_request(body), FeedContext(CLIENT, NOW + timedelta(days=day))))
        return [str(item.outcome) for item in done.items]

    assert live([10], 0) == ["stored"]
    assert live([11], 1) == ["revised"]
    assert live([10], 2) == ["revised"]
    assert live([7, 8], 3) == ["dead_lettered", "dead_lettered"]
    (event,) = brain.store.query(paths.events(CLIENT))
    assert (event.data["likes"], event.data["revision"]) == (10, 2)


def test_bad_pieces_are_kept_one_by_one_and_told_by_line():
    """A letter holds the one bad piece, not the good ones beside it; unreadable bytes are kept as they came."""
    brain = build_memory_brain()
    values = [old(n) for n in range(12)]
    values[3] = {"nobody": "knows this"}
    values[7] = old(7, likes=-1)
    broken = FilePayload(
        13, InvalidInputError("line 13: no JSON"), FilePosition(130, 13), b'{"a":', "application/x-ndjson"
    )
    pieces = [*history(values).read(FilePosition()), broken]
    faults, counts = [], Counter()

    async def go():
        file = BackfillFile("k", "custom", lambda start: pieces[start.line :])
        async for step in Backfill(brain.ingest)(file, FeedContext(CLIENT, NOW, backfill=True)):
            faults.extend(step.faults)
            counts.update(step.counts)

    asyncio.run(go())
    assert counts == {"stored": 10, "rejected": 1, "dead_lettered": 2}
    assert [(f.line, f.outcome, f.error_code) for f in faults] == [
        (4, "dead_lettered", "unknown_shape"), (8, "rejected", "invalid_field"),
        (13, "dead_lettered", "unreadable_body"),
    ]  # fmt: skip
    letters = DeadLetters(brain.store).list(NOW, CLIENT)
    bodies = sorted(brain.sealer.open(letter.sealed) for letter in letters)
    assert bodies == [b'[{"nobody": "knows this"}]', b'{"a":']
    assert all(letter.backfill for letter in letters)
    figures = Reconcile(brain.store)(CLIENT, now=NOW)
    assert (figures["sent"], figures["difference"]) == (13, 0)


def test_what_the_store_shows_to_be_in_conflict_is_kept_one_by_one_too():
    """An event sent before with other content; a page that holds a good event beside it stores that."""
    brain = build_memory_brain()
    run(brain, [old(1), old(2), old(3)])
    page = [old(2, likes=99), old(20)]
    counts, faults = run(brain, [old(10), old(1, likes=99), old(11), page, old(3)], key="other")
    assert counts == {"stored": 3, "dead_lettered": 2, "duplicate": 1}
    assert [(fault.line, fault.error_code) for fault in faults] == [(2, "conflict"), (4, "conflict")]
    bodies = [json.loads(brain.sealer.open(letter.sealed)) for letter in DeadLetters(brain.store).list(NOW, CLIENT)]
    assert sorted(bodies, key=len) in ([[old(1, likes=99)], [page]], [[page], [old(1, likes=99)]])
    assert Reconcile(brain.store)(CLIENT, now=NOW)["difference"] == 0


def test_a_piece_that_is_too_large_to_be_kept_is_told_and_the_rest_goes_on(monkeypatch):
    """It stays in the file."""
    monkeypatch.setattr(store_dead_letter, "MAX_SEALED_BYTES", 10)
    brain = build_memory_brain()
    counts, (fault,) = run(brain, [old(1), {"nobody": "knows " * 200}, old(2)])
    assert counts == {"stored": 2, "rejected": 1}
    assert (fault.line, fault.error_code) == (2, "payload_too_large")


def test_a_page_of_more_than_a_request_is_sent_in_parts():
    """One piece of twelve events, five at a time."""
    brain = build_memory_brain()
    assert run(brain, [[old(n) for n in range(12)]])[0] == {"stored": 12}


def broken_worlds(values, calls, mode):
    """Yield a Brain whose run broke at its k-th call, for each k of the writer and of the store."""
    for k in range(1, calls + 1):
        for part in ("writer", "store"):
            brain = build_memory_brain(secrets=MutableSecrets())
            inner, writer = brain.store, SqliteWriter(brain.store)
            if part == "store":
                brain.ingest.store = FaultyStore(inner, fail_at=k, mode=mode)
            else:
                brain.ingest.writer = brain.ingest.store_dead_letter.writer = GroupCommit(
                    FaultyWriter(writer, fail_at=k, mode=mode)
                )
            try:
                first = run(brain, values)
            except ProcessKilled:
                first = None
            brain.ingest.store = inner
            brain.ingest.writer = brain.ingest.store_dead_letter.writer = GroupCommit(writer)
            brain.ingest._marked.clear()
            yield (k, part), brain, first


@pytest.mark.slow
@pytest.mark.parametrize("mode", list(FaultMode))
def test_a_run_broken_anywhere_and_run_again_ends_in_the_same_store_and_counts(mode):
    """Refused or answered into the void: it tries again by itself. Killed: the next run goes on where it stood."""
    values = [old(n) for n in range(14)] + [total(n % 3, n // 3) for n in range(9)]
    values += [{"nobody": "knows"}, old(3, likes=77), old(40)]
    calm = build_memory_brain()
    expected, _ = run(calm, values)
    resumed = 0
    for where, brain, first in broken_worlds(values, 16, mode):
        counts = first[0] if first else run(brain, values, received_at=NOW + timedelta(minutes=9))[0]
        resumed += first is None
        assert counts == expected, where
        assert documents(brain) == documents(calm), where
        assert Reconcile(brain.store)(CLIENT, now=NOW)["difference"] == 0, where
    assert (resumed > 10) == (mode in (FaultMode.KILL, FaultMode.KILL_AFTER))


def test_a_store_that_stays_away_ends_the_run_and_the_next_goes_on():
    """After six attempts, with the counts of what was done before."""
    brain = build_memory_brain()
    values = [old(n) for n in range(30)]
    inner = brain.ingest.writer

    class Away:
        """A writer that answers four times."""

        calls = 0

        async def write(self, writes):
            """Write, or fail for good."""
            self.calls += 1
            if self.calls > 6:
                raise StoreUnavailableError("away in this test")
            return await inner.write(writes)

    brain.ingest.writer = brain.ingest.store_dead_letter.writer = Away()
    with pytest.raises(StoreUnavailableError):
        run(brain, values)
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = inner
    assert brain.store.count(paths.events(CLIENT)) < 30
    assert run(brain, values)[0] == {"stored": 30}


def test_history_takes_nothing_from_the_budget_of_live_senders():
    """A client whose budget is two events a minute backfills thirty, and both are still there."""
    brain = build_memory_brain()
    brain.ingest.limits = limits = RateLimits(brain.store, brain.clock, "00", events_a_client=2)
    assert run(brain, [old(n) for n in range(30)])[0] == {"stored": 30}
    asyncio.run(limits.take_events(CLIENT, 2))


def test_times_of_a_resumed_run_are_those_of_its_first_attempt():
    """So that the second attempt makes the same documents as the first."""
    brain = build_memory_brain()
    values = [old(n) for n in range(12)]
    writer = brain.ingest.writer
    brain.ingest.writer = GroupCommit(FaultyWriter(SqliteWriter(brain.store), fail_at=3, mode=FaultMode.KILL))
    with pytest.raises(ProcessKilled):
        run(brain, values)
    brain.ingest.writer = writer
    run(brain, values, received_at=NOW + timedelta(hours=5))
    times = {event.data["received_at"] for event in brain.store.query(paths.events(CLIENT))}
    assert len(times) <= 2
    assert min(times) == datetime(2026, 11, 22, 7, 30, tzinfo=NOW.tzinfo)


def test_an_empty_file_is_a_run_without_batches():
    """Nothing is stored, and nothing is wrong."""
    brain = build_memory_brain()
    assert run(brain, []) == ({}, [])
    assert documents(brain) == []


def test_a_run_that_is_stopped_between_batches_is_resumed_by_the_next():
    """What it stored still counts as stored in the end."""
    brain = build_memory_brain()
    values = [old(number) for number in range(23)]

    async def stop_early():
        backfill = Backfill(brain.ingest, new_run_id=lambda: "run-1", sleep=no_sleep)
        progress = backfill(history(values), FeedContext(CLIENT, NOW, backfill=True))
        assert (await anext(progress)).counts == {}
        assert (await anext(progress)).counts == {"stored": 5}
        await progress.aclose()

    asyncio.run(stop_early())
    assert brain.store.count(paths.events(CLIENT)) < 23
    assert run(brain, values) == ({"stored": 23}, [])


def test_a_file_that_breaks_off_while_a_batch_is_sent_is_resumed_by_the_next_run():
    """The batch is cancelled, and what it stored all the same counts as stored in the end."""
    brain = build_memory_brain()
    values = [old(number) for number in range(12)]

    def read_and_fail(start):
        yield from history(values[:6]).read(start)
        raise OSError("the disk is gone")

    async def break_off():
        backfill = Backfill(brain.ingest, new_run_id=lambda: "run-1", sleep=no_sleep)
        file = BackfillFile("file", "custom", read_and_fail)
        async for _ in backfill(file, FeedContext(CLIENT, NOW, backfill=True)):
            pass

    with pytest.raises(OSError, match="the disk is gone"):
        asyncio.run(break_off())
    assert run(brain, values) == ({"stored": 12}, [])
