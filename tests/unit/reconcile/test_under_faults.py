"""Sent = stored + revised + duplicate + rejected + ignored + kept aside, whatever breaks while a sender tries again."""

import asyncio
import random
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.adapters.sqlite.writer import SqliteWriter
from brain.bootstrap import Brain
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus
from brain.errors import BrainError
from brain.repositories import paths
from brain.services.gateway import read_request
from brain.services.gateway.group_commit import GroupCommit
from brain.services.gateway.reconcile import Reconcile
from brain.services.gateway.record_warnings import RecordWarnings
from brain.testing.faulty_store import FaultMode, FaultyStore, FaultyWriter, ProcessKilled
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    BrokenReader,
    build_memory_brain,
    build_post_payload,
    build_request,
)

ENDS = ("stored", "revised", "duplicate", "rejected", "ignored", "dead_lettered")
LONGEST = 8


def total(number: int, likes: int) -> dict[str, Any]:
    """A running total."""
    return build_post_payload(number, content_id=f"c{number}", cumulative=True, likes=likes)


def item(rng: random.Random) -> Any:
    """Something that a sender may send: new or known, rising or corrected, wrong, unknown, in conflict."""
    number = rng.randrange(6)
    return rng.choice(
        (
            build_post_payload(number),
            build_post_payload(number, likes=90),
            total(20 + number % 2, rng.randrange(3)),
            build_post_payload(number, likes=-1),
            {"nobody": "knows this"},
        )
    )


def one_form_each(items: list[Any]) -> list[Any]:
    """Leave of each running total the first form, as a provider's answer has it once."""
    seen_ids: set[str] = set()
    return [
        event
        for event in items
        if not (name := event.get("content_id")) or not (name in seen_ids or seen_ids.add(name))
    ]


def requests(rng: random.Random) -> list[IngestRequest]:
    """Requests of several items and shapes; some are sent twice on purpose, as another sending."""
    built = []
    for n in range(6):
        body: Any = one_form_each([item(rng) for _ in range(rng.randrange(1, LONGEST))])
        if rng.random() < 0.1:
            body = b'{"half": '
        built.append((body, f"request-{n}"))
        if rng.random() < 0.3:
            built.append((body, f"again-{n}"))
    return [build_request(body, name=name) for body, name in built]


def deliver(brain: Brain, request: IngestRequest, rng: random.Random, faults: float) -> IngestResult:
    """Send until it is answered for good, something breaking at every other try."""
    inner, writer = brain.store, SqliteWriter(brain.store)
    for _ in range(200):
        fail_at = [rng.randrange(1, 6) if rng.random() < faults else None for _ in range(2)]
        mode = rng.choice(list(FaultMode))
        brain.ingest.store = FaultyStore(inner, fail_at=fail_at[0], mode=mode)
        brain.ingest.writer = brain.ingest.store_dead_letter.writer = GroupCommit(
            FaultyWriter(writer, fail_at=fail_at[1], mode=mode)
        )
        context = FeedContext(CLIENT, brain.clock.now(), correlation_id=request.correlation_id)
        brain.clock.sleep(rng.choice((1, 1200)))
        try:
            done = asyncio.run(brain.ingest(request, context))
        except (BrainError, ProcessKilled):
            brain.ingest._marked.clear()  # the next process knows nothing of the last one's
            continue
        if all(result.outcome is not IngestStatus.UNAVAILABLE for result in done.items):
            return done
    raise AssertionError("never answered")


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 10_000))
def test_the_books_agree_with_every_answer_whatever_breaks(seed: int) -> None:
    """To the item and to the hour, with half of all tries broken before or after they were applied."""
    rng = random.Random(seed)  # noqa: S311 - a test's world
    brain = build_memory_brain()
    answered: Counter[str] = Counter()
    for request in requests(rng):
        done = deliver(brain, request, rng, faults=0.5)
        answered.update({name: number for name, number in done.count_outcomes().items() if number})
    now = brain.clock.now()
    figures = Reconcile(brain.store)(CLIENT, now=now)
    assert {name: figures[name] for name in ENDS} == {name: answered[name] for name in ENDS}
    assert (figures["sent"], figures["difference"]) == (sum(answered.values()), 0)
    hours = Reconcile(brain.store)(CLIENT, now=now, by_hour=True)["hours"]
    assert sum(hour["sent"] for hour in hours.values()) == sum(answered.values())
    assert {name: sum(hour[name] for hour in hours.values()) for name in ENDS} == {
        name: answered[name] for name in ENDS
    }


def test_a_sender_without_a_name_for_its_sendings_is_never_short() -> None:
    """What it sends again after a lost answer came twice: the event is one, the second is a duplicate."""
    brain = build_memory_brain()
    writer = brain.ingest.writer
    brain.ingest.writer = FaultyWriter(SqliteWriter(brain.store), fail_at=1, mode=FaultMode.LOSE)
    request = build_request([build_post_payload(1)])
    assert asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW))).http_status == 503
    brain.ingest.writer = writer
    asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW)))
    figures = Reconcile(brain.store)(CLIENT, now=NOW)
    assert (figures["stored"], figures["duplicate"], figures["sent"], figures["difference"]) == (1, 1, 2, 0)


def test_a_letter_that_is_gone_without_a_word_is_a_difference_until_it_would_have_expired() -> None:
    """Deleted by hand, say: what was answered is nowhere."""
    brain = build_memory_brain()
    request = build_request([{"nobody": "knows this"}, {"nor": "that"}], name="lost")
    asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW)))
    for letter in brain.store.query(paths.DEAD_LETTERS):
        brain.store.delete(letter.path)
    figures = Reconcile(brain.store)(CLIENT, now=NOW, by_hour=True)
    assert (figures["sent"], figures["accounted"], figures["difference"]) == (2, 0, 2)
    assert figures["hours"]["2026-11-22T07"]["difference"] == 2
    later = Reconcile(brain.store)(CLIENT, now=NOW + timedelta(days=31))
    assert (later["expired"], later["difference"]) == (2, 0)


def test_what_a_replay_makes_events_of_counts_as_those(monkeypatch: pytest.MonkeyPatch) -> None:
    """One item that nobody could read turned out to be two events; it was answered once, and stays one answer."""
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    request = build_request({"payload": [build_post_payload(1), build_post_payload(2)]}, name="page")
    done = asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW)))
    broken.broken = False
    brain.clock.sleep(7200)
    asyncio.run(brain.replay(brain.replay.find(str(done.items[0].dead_letter_id))))
    figures = Reconcile(brain.store)(CLIENT, now=brain.clock.now(), by_hour=True)
    assert (figures["stored"], figures["settled"], figures["sent"], figures["difference"]) == (2, -1, 1, 0)
    assert list(figures["hours"]) == ["2026-11-22T07"]


def test_a_purged_letter_is_settled_once() -> None:
    """The books keep that there was one."""
    brain = build_memory_brain()
    request = build_request([{"nobody": "knows this"}], name="purged")
    done = asyncio.run(brain.ingest(request, FeedContext(CLIENT, NOW)))
    letter = brain.replay.find(str(done.items[0].dead_letter_id))
    brain.replay.purge(letter)
    brain.replay.purge(letter)
    figures = Reconcile(brain.store)(CLIENT, now=NOW)
    assert (figures["settled"], figures["sent"], figures["difference"]) == (1, 1, 0)


@pytest.mark.slow
def test_the_books_and_warnings_cost_new_events_next_to_nothing() -> None:
    """One write an event and no read; two marks an hour; a mixed batch of 500 costs a few more, in all."""
    brain = build_memory_brain()
    store, writer = FaultyStore(brain.store), FaultyWriter(SqliteWriter(brain.store))
    brain.ingest.store = store
    brain.ingest.writer = brain.ingest.store_dead_letter.writer = GroupCommit(writer)
    brain.ingest.record_warnings = RecordWarnings(brain.ingest.writer, brain.clock, brain.report_error)
    for number in range(200):
        asyncio.run(
            brain.ingest(build_request([build_post_payload(number)], name=f"r{number}"), FeedContext(CLIENT, NOW))
        )
    assert (writer.writes, store.reads) == (200 + 2, 0)
    mixed = [build_post_payload(1000 + n) for n in range(400)] + [build_post_payload(n, likes=-1) for n in range(50)]
    mixed += [{"nobody": n} for n in range(25)] + [build_post_payload(n) for n in range(25)]
    writer.writes = 0
    asyncio.run(brain.ingest(build_request(mixed, name="mixed"), FeedContext(CLIENT, NOW)))
    assert (writer.writes - 400 - 25, store.reads) == (4, 25)  # an entry, a letter, two warnings; 25 compared
