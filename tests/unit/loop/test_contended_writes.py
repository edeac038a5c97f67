"""What others write at the same moment, and what a store refuses: ingest and leases end in a definite result."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.bootstrap.jobs import build_work
from brain.domain.jobs.steps import ClientSelection, JobDefinition
from brain.errors import AlreadyExistsError, ConflictError, LeaseHeldError, StoreRefusedError
from brain.ports.document_store import Create, EventWriter, Write, WriteResult, WriteStatus
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import Runs
from brain.services.gateway import ingest as ingest_service
from brain.services.jobs import health
from brain.services.jobs.run_once import run_once
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_post_payload, send_request


class ContendedStore:
    """A store in which somebody else is quicker: the first commits raise these errors."""

    def __init__(self, inner: Any, *errors: Exception) -> None:
        self._inner = inner
        self._errors = list(errors)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def commit(self, writes: Sequence[Write]) -> Any:
        """Commit, or raise the next error."""
        if self._errors:
            raise self._errors.pop(0)
        return self._inner.commit(writes)


def revise_total(*errors: Exception) -> tuple[Brain, Any]:
    """Send a new value of a running total to a store that raises errors first; return the item's result too."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    total = build_post_payload(1, content_id="c1", cumulative=True)
    send_request(brain, [total])
    clock.advance(timedelta(minutes=1))
    brain.ingest.store = ContendedStore(brain.store, *errors)
    (item,) = send_request(brain, [total | {"likes": 9}]).items
    (event,) = brain.store.query(paths.events(CLIENT))
    return brain, (str(item.outcome), item.error_code, event.data["likes"])


@pytest.mark.parametrize("error", [ConflictError("it changed"), AlreadyExistsError("there is one of this time")])
def test_a_revision_that_meets_another_is_tried_again(error: Exception) -> None:
    """Also when both have the same time."""
    _, result = revise_total(error, error)
    assert result == ("revised", None, 9)


def test_a_revision_that_always_meets_others_is_to_be_sent_again() -> None:
    """The event is as it was, and nothing is kept aside: the sender has it."""
    brain, result = revise_total(*[ConflictError("it changed")] * 50)
    assert result == ("unavailable", "conflict_retry", 1)
    assert brain.store.query(paths.DEAD_LETTERS) == []


class RefusingWriter:
    """A writer whose store refuses events for good, as it would one that is too large."""

    def __init__(self, inner: EventWriter, result: WriteResult) -> None:
        self._inner = inner
        self._result = result

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Write everything but events."""
        return [
            self._result
            if isinstance(write, Create) and write.path.startswith(paths.events(CLIENT))
            else (await self._inner.write([write]))[0]
            for write in writes
        ]

    async def aclose(self) -> None:
        """Close the inner writer."""
        await self._inner.aclose()


def test_an_event_that_the_store_refuses_is_kept_for_the_operator() -> None:
    """Sending it again would not help."""
    brain = build_memory_brain()
    refused = WriteResult(WriteStatus.REFUSED, StoreRefusedError("too large"))
    brain.ingest.writer = RefusingWriter(brain.ingest.writer, refused)
    (item,) = send_request(brain, [build_post_payload(1)]).items
    assert (str(item.outcome), item.error_code) == ("dead_lettered", "store_refused")
    assert [letter.dead_letter_id for letter in DeadLetters(brain.store).list(NOW, CLIENT)] == [item.dead_letter_id]


def test_an_event_whose_write_failed_is_to_be_sent_again() -> None:
    """With a code of the store, and nothing kept aside."""
    brain = build_memory_brain()
    brain.ingest.writer = RefusingWriter(brain.ingest.writer, WriteResult(WriteStatus.UNAVAILABLE))
    (item,) = send_request(brain, [build_post_payload(1)]).items
    assert str(item.outcome) == "unavailable"
    assert DeadLetters(brain.store).list(NOW, CLIENT) == []


def test_an_instance_remembers_a_bounded_number_of_active_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    """And then begins anew; an hour that it forgot is marked twice, which changes nothing."""
    monkeypatch.setattr(ingest_service, "MAX_REMEMBERED_MARKS", 2)
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    for hour in range(5):
        send_request(brain, [build_post_payload(hour)])
        assert len(brain.ingest._marked) <= 2
        clock.advance(timedelta(hours=1))
    assert brain.store.count(paths.events(CLIENT)) == 5


def test_a_run_whose_record_vanished_while_it_was_read_is_held_for_a_moment() -> None:
    """As when it expired just then; the queue tries again."""
    brain = build_memory_brain()

    class Vanishing:
        """A store in which the record exists when it is created and not when it is read."""

        def create(self, *_: Any) -> Any:
            raise AlreadyExistsError("there is one")

        def get(self, _path: str) -> None:
            return None

    runs = Runs(Vanishing())  # type: ignore[arg-type]
    with pytest.raises(LeaseHeldError) as held:
        runs.acquire("brainHourlyScores", CLIENT, NOW, now=brain.clock.now(), lease=timedelta(minutes=5))
    assert held.value.retry_after_seconds == 1


def test_a_job_whose_last_step_continues_with_nothing_is_done() -> None:
    """The table may name any step as the last one."""
    brain = build_memory_brain()
    work = build_work(brain, JobDefinition(("share_moves",), ClientSelection.ALL_AT_ONCE))
    task = Task("brainLearning", CLIENT, NOW, NOW)
    figures = run_once(Runs(brain.store), task, work, time_limit=timedelta(minutes=5), clock=brain.clock)
    assert figures["status"] == "success"


def test_health_notices_a_scorer_that_scores_wrongly(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post of the median that is worth nothing is a fault of the configuration or the code."""
    brain = build_memory_brain()
    score = health.score

    def score_nothing(*arguments: Any, **options: Any) -> Any:
        scored = score(*arguments, **options)
        return type("Scored", (), {"overall": 0.0, "neutral": scored.neutral})

    monkeypatch.setattr(health, "score", score_nothing)
    (broken,) = [check for check in brain.health.check() if not check.ok]
    assert (broken.name, broken.detail) == (
        "scorer",
        "the scorer's self-test expected a positive score, got 0.0",
    )
