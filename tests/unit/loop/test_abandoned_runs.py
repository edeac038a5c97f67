"""Runs whose workers left nothing are found by their marks, dead-lettered once, and reported."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.jobs.runs import Run, RunStatus
from brain.domain.jobs.steps import JOBS
from brain.errors import LeaseHeldError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import OPEN_UNTIL, UNRECORDED_OPEN_FOR, Runs, to_document
from brain.services.jobs.enqueue_runs import MAX_FAILURES
from brain.services.jobs.lease import Figures
from brain.services.jobs.perform import InProcessQueue
from brain.services.jobs.run_job import RunJob
from brain.services.jobs.sweep_runs import MAX_RUNS, SweepRuns
from brain.settings.scheduler import read_scheduler
from brain.testing.faulty_store import FaultMode, FaultyStore, ProcessKilled
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import build_event, store_events
from brain.testing.simulations.memory_brain import NOW, build_memory_brain

JOB = "brainHourlyScores"
CLIENTS = ("acme", "globex", "initech")
LATER = timedelta(hours=12)
"""Beyond any queue's last attempt."""
Logged = list[tuple[str, dict[str, Any]]]


@pytest.fixture
def brain() -> Iterator[Brain]:
    """A whole Brain in memory."""
    built = build_memory_brain()
    yield built
    built.store.close()


@pytest.fixture
def logged(brain: Brain, monkeypatch: pytest.MonkeyPatch) -> Logged:
    """What the Brain logs."""
    entries: Logged = []
    monkeypatch.setattr(brain, "log", lambda event, **fields: entries.append((event, fields)))
    return entries


def enqueue(brain: Brain, *clients: str) -> InProcessQueue:
    """Record and enqueue a run per client, and return the queue, which nobody works on."""
    queue = InProcessQueue(brain.perform)
    brain.enqueue_runs(queue)([Task(JOB, client, NOW, NOW) for client in clients])
    return queue


def sweep(brain: Brain, after: timedelta = LATER) -> int:
    """Sweep so long after the dispatch, and return the number of abandoned runs."""
    assert isinstance(brain.clock, ManualClock)
    brain.clock.time = NOW + after
    return SweepRuns(brain.store, brain.give_up, brain.clock, brain.log)().get("abandoned", 0)


def list_letters(brain: Brain) -> list[tuple[str, str]]:
    """Return client and error of each dead letter."""
    letters = DeadLetters(brain.store).list(brain.clock.now())
    return sorted((letter.client_id, letter.error_code) for letter in letters)


def test_a_run_that_no_worker_began_becomes_a_dead_letter(brain: Brain, logged: Logged) -> None:
    """Once its queue has given up, not before; its replay does the run."""
    enqueue(brain, "acme")
    assert sweep(brain, timedelta(minutes=30)) == 0
    assert sweep(brain) == 1
    assert list_letters(brain) == [("acme", "run_abandoned")]
    ((event, fields),) = logged
    assert (event, fields["severity"], fields["job"], fields["client_id"]) == (
        "task_abandoned",
        "CRITICAL",
        JOB,
        "acme",
    )
    assert sweep(brain) == 0
    (letter,) = DeadLetters(brain.store).list(brain.clock.now())
    assert letter.next_try_at is not None
    assert brain.replay.repeat_work(letter)["status"] == "success"
    assert list_letters(brain) == []


def test_a_run_that_is_done_or_has_a_dead_letter_is_not_abandoned(brain: Brain, logged: Logged) -> None:
    """Its mark went with the commit that ended it."""
    queue = enqueue(brain, "acme", "globex")
    brain.perform(queue.tasks[0])
    brain.give_up(queue.tasks[1], KeyError("a bug"))
    assert brain.store.count(paths.RUNS) == 2
    assert Runs(brain.store).count_overdue(NOW + LATER) == 0
    assert (sweep(brain), logged) == (0, [])
    assert list_letters(brain) == [("globex", "internal")]


def test_a_run_that_was_given_up_and_is_dispatched_again_is_on_record_again(brain: Brain, logged: Logged) -> None:
    """Also while its dead letter remains; but one that was purged does not come back by itself."""
    scheduled = Task(JOB, "acme", NOW, NOW)
    for _ in range(2):
        enqueue(brain, "acme")
        dead_letter_id = brain.give_up(scheduled, KeyError("a bug"))
    assert brain.replay.find(dead_letter_id).attempts == 2
    brain.replay.purge(brain.replay.find(dead_letter_id))
    assert sweep(brain) == 0
    enqueue(brain, "acme")
    assert sweep(brain, 2 * LATER) == 1
    assert (list_letters(brain), len(logged)) == ([("acme", "run_abandoned")], 1)


def test_a_run_at_work_is_left_to_its_worker(brain: Brain, logged: Logged) -> None:
    """Until its lease has ended."""
    enqueue(brain, "acme")
    Runs(brain.store).acquire(JOB, "acme", NOW, now=NOW + LATER, lease=timedelta(seconds=90))
    assert sweep(brain) == 0
    assert sweep(brain, LATER + timedelta(seconds=60)) == 0
    assert sweep(brain, LATER + timedelta(seconds=90)) == 1
    assert "attempt 1 with the last status running" in logged[0][1]["error"].message


def test_a_run_that_failed_is_reported_with_its_code(brain: Brain, logged: Logged) -> None:
    """As on a single machine, where nobody retries it before: its workers were not killed."""
    enqueue(brain, "acme")
    runs = Runs(brain.store)
    run, version = runs.acquire(JOB, "acme", NOW, now=NOW, lease=timedelta(seconds=90))
    runs.commit(run, version, [], {"status": "failed", "result": {"error_code": "misconfigured"}})
    assert sweep(brain) == 1
    assert "attempt 1, which failed with misconfigured; fix the cause" in logged[0][1]["error"].message


def test_a_record_that_cannot_be_read_does_not_keep_the_others_from_being_dispatched(brain: Brain) -> None:
    """Neither one without fields nor one with a status of another version."""
    brain.store.create(paths.run(JOB, "acme", NOW), {})
    run = to_document(Run(JOB, "globex", NOW, RunStatus.QUEUED, 0, NOW), NOW)
    brain.store.create(paths.run(JOB, "globex", NOW), run | {"status": "paused"})
    assert [task.client_id for task in enqueue(brain, *CLIENTS).tasks] == list(CLIENTS)


def test_a_dispatch_repeated_during_a_run_leaves_its_record_to_the_worker(brain: Brain) -> None:
    """Its dead letter is that of an attempt that met the lease; a write would make the worker begin its step again."""
    enqueue(brain, "acme")
    Runs(brain.store).acquire(JOB, "acme", NOW, now=NOW, lease=timedelta(seconds=90))
    brain.give_up(Task(JOB, "acme", NOW, NOW), LeaseHeldError("held", retry_after_seconds=90))
    before = brain.store.get(paths.run(JOB, "acme", NOW))
    enqueue(brain, "acme")
    assert brain.store.get(paths.run(JOB, "acme", NOW)) == before


def test_a_mark_on_a_run_that_is_done_is_removed(brain: Brain, logged: Logged) -> None:
    """A stopped worker may set one while another finishes the run."""
    run = Run(JOB, "acme", NOW, RunStatus.DONE, 1, NOW)
    brain.store.create(paths.run(JOB, "acme", NOW), {**to_document(run, NOW), OPEN_UNTIL: NOW})
    assert (sweep(brain), list_letters(brain), logged) == (0, [], [])
    assert Runs(brain.store).count_overdue(NOW + LATER) == 0


def test_a_record_that_cannot_be_read_does_not_hide_the_others(brain: Brain, logged: Logged) -> None:
    """It is reported each time."""
    brain.store.create(f"{paths.RUNS}/broken", {OPEN_UNTIL: NOW})
    enqueue(brain, "acme")
    assert sweep(brain) == 1
    assert [event for event, _ in logged] == ["sweep_failed", "task_abandoned"]


def test_500_records_that_cannot_be_read_do_not_keep_the_sweep_from_the_next(brain: Brain, logged: Logged) -> None:
    """They are the longest overdue, and no sweep looks at more; the next one begins with the others."""
    for number in range(MAX_RUNS):
        brain.store.create(f"{paths.RUNS}/broken-{number}", {OPEN_UNTIL: NOW - timedelta(days=1)})
    enqueue(brain, "acme")
    assert sweep(brain) == 0
    assert sweep(brain, LATER + timedelta(hours=1)) == 1
    assert [event for event, _ in logged].count("sweep_failed") == MAX_RUNS + MAX_RUNS - 1
    assert Runs(brain.store).count_overdue(NOW + LATER + timedelta(hours=1)) == MAX_RUNS


def test_a_run_whose_task_a_former_version_enqueued_is_found_too(brain: Brain, logged: Logged) -> None:
    """It was not recorded before its worker began, and the worker is killed. The time suffices for any queue."""
    Runs(brain.store).acquire(JOB, "acme", NOW, now=NOW, lease=timedelta(seconds=90))
    table = read_scheduler()
    assert max(map(table.get_open_seconds, JOBS)) <= UNRECORDED_OPEN_FOR.total_seconds()
    assert sweep(brain, UNRECORDED_OPEN_FOR - timedelta(seconds=1)) == 0
    assert sweep(brain, UNRECORDED_OPEN_FOR) == 1
    assert list_letters(brain) == [("acme", "run_abandoned")]
    assert len(logged) == 1


@pytest.mark.parametrize("mode", [FaultMode.KILL, FaultMode.KILL_AFTER])
def test_a_sweep_that_is_killed_anywhere_and_repeated_finds_each_run_once(mode: FaultMode) -> None:
    """Each run is one commit, and the dead letter's id is derived from the run."""
    brain = build_memory_brain(ManualClock(NOW))
    brain.log = lambda *_, **__: None
    inner, call = brain.store, 0
    while True:
        call += 1
        for client in CLIENTS:  # the next round starts again
            inner.delete(paths.run(JOB, client, NOW))
        for letter in inner.query(paths.DEAD_LETTERS):
            inner.delete(letter.path)
        assert isinstance(brain.clock, ManualClock)
        brain.clock.time = NOW
        enqueue(brain, *CLIENTS)
        brain.clock.time = NOW + LATER
        faulty = FaultyStore(inner, fail_at=call, mode=mode)
        vars(brain)["give_up"] = type(brain.give_up)(faulty, brain.sealer, brain.clock, brain.retry_policy)
        has_ended = True
        try:
            SweepRuns(faulty, brain.give_up, brain.clock, brain.log)()
        except ProcessKilled:
            has_ended = False
        del vars(brain)["give_up"]
        sweep(brain)
        assert list_letters(brain) == [(client, "run_abandoned") for client in CLIENTS], call
        assert Runs(inner).count_overdue(NOW + LATER) == 0
        if has_ended:
            break
    assert call == 1 + 1 + 2 * len(CLIENTS)
    inner.close()


def test_the_replay_of_a_run_that_stops_at_its_limit_keeps_the_letter(brain: Brain) -> None:
    """The next replay continues it; settled, the rest of the run would be lost."""
    (task,) = enqueue(brain, "acme").tasks
    brain.give_up(task, KeyError("a bug"))
    (letter,) = DeadLetters(brain.store).list(NOW)
    brain.replay.perform = lambda _task: {"status": "stopped", "attempt": 1}
    assert brain.replay.repeat_work(letter)["status"] == "stopped"
    assert list_letters(brain) == [("acme", "internal")]
    brain.replay.perform = brain.perform
    assert brain.replay.repeat_work(letter)["status"] == "success"
    assert list_letters(brain) == []


def test_runs_that_wait_in_this_process_are_not_abandoned(brain: Brain, logged: Logged) -> None:
    """For hours, while the hourly job of another process sweeps; once the process is killed, they are."""
    for number in range(30):
        store_events(brain.store, replace(build_event(number, NOW), client_id=f"client-{number}"))
    performed: list[str] = []

    def perform(task: Task) -> Figures:
        performed.append(task.client_id)
        assert sweep(brain, timedelta(minutes=8) * len(performed)) == 0
        if len(performed) == 25:
            raise ProcessKilled
        return brain.perform(task)

    with pytest.raises(ProcessKilled):
        RunJob(brain.dispatch, perform, brain.report_error)(JOB, NOW)
    assert logged == []
    assert sweep(brain, timedelta(minutes=8) * 25 + LATER) == 6


def test_a_task_that_the_queue_does_not_take_stops_no_other(brain: Brain) -> None:
    """The dispatch fails all the same, to be repeated; while the queue is away altogether, it gives up soon."""
    tried: list[str] = []

    class Refusing:
        def __init__(self, *refused: str) -> None:
            self.refused = refused

        def enqueue(self, task: Task) -> bool:
            tried.append(task.client_id)
            if task.client_id in self.refused:
                raise StoreUnavailableError(task.client_id, retry_after_seconds=10)
            return True

    clients = [f"client-{number}" for number in range(20)]
    tasks = [Task(JOB, client, NOW, NOW) for client in clients]
    with pytest.raises(StoreUnavailableError, match="client-3"):
        brain.enqueue_runs(Refusing("client-3", "client-7"))(tasks)
    assert tried == clients
    tried.clear()
    with pytest.raises(StoreUnavailableError, match="client-0"):
        brain.enqueue_runs(Refusing(*clients))(tasks)
    assert len(tried) == MAX_FAILURES


def test_a_dispatch_repeated_after_the_run_records_nothing_new(brain: Brain) -> None:
    """The record of a run that is done keeps its result and gets no mark."""
    queue = enqueue(brain, "acme")
    queue.drain()
    before = brain.store.get(paths.run(JOB, "acme", NOW))
    enqueue(brain, "acme")
    assert brain.store.get(paths.run(JOB, "acme", NOW)) == before


def test_a_run_that_stops_in_this_process_goes_on_after_the_others() -> None:
    """And at most so many times."""
    stops = {"slow": 2}
    order: list[str] = []

    def perform(task: Task) -> dict[str, Any]:
        order.append(task.client_id)
        stops[task.client_id] = stops.get(task.client_id, 0) - 1
        return {"status": "stopped" if stops[task.client_id] >= 0 else "success", "attempt": 1}

    queue = InProcessQueue(perform)
    for client in ("slow", "acme"):
        queue.enqueue(Task(JOB, client, NOW, NOW))
    succeeded, failed = queue.drain()
    assert (order, failed) == (["slow", "acme", "slow", "slow"], [])
    assert [figures["status"] for _, figures in succeeded] == ["success", "success"]
    stops["slow"] = 1000
    queue.enqueue(Task(JOB, "slow", NOW, NOW))
    assert [figures["status"] for _, figures in queue.drain()[0]] == ["stopped"]
