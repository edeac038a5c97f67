"""Dispatches that did not happen: they are noticed, said aloud, and caught up on."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.jobs.steps import DAILY_ANALYSIS, HOURLY_SCORES, WEEKLY_REPORT
from brain.errors import StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.jobs.dispatches import Dispatches
from brain.services.jobs.catch_up import CatchUp
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.client import CLIENT, MONDAY, build_event, store_events
from brain.testing.simulations.memory_brain import build_memory_brain

NOON = MONDAY.replace(hour=12, minute=0)
SCHEDULES = {DAILY_ANALYSIS: "0 6 * * *", WEEKLY_REPORT: "0 9 * * 1"}
Entry = Mapping[str, Any]


class Log:
    """Remembers what was logged."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []

    def __call__(self, message: str, **fields: Any) -> None:
        """Remember one entry."""
        self.entries.append({"message": message, **fields})

    def names(self) -> list[tuple[str, str]]:
        """Return the messages with their jobs."""
        return [(entry["message"], entry["job"]) for entry in self.entries]


class Dispatched(list[tuple[str, datetime]]):
    """Remembers and records what was dispatched, as ``Dispatch`` does; fails for one job if told to."""

    def __init__(self, brain: Brain, failing: str = "") -> None:
        super().__init__()
        self._dispatches, self._failing = Dispatches(brain.store), failing

    def __call__(self, job: str, scheduled_at: datetime) -> Mapping[str, Any]:
        """Dispatch."""
        if job == self._failing:
            raise StoreUnavailableError("the task queue did not respond", retry_after_seconds=1)
        self.append((job, scheduled_at))
        self._dispatches.record({job: scheduled_at})
        return {"status": "success"}


@pytest.fixture
def brain() -> Brain:
    """A Brain in memory, at noon of a Monday."""
    return build_memory_brain(ManualClock(NOON))


def test_a_job_without_a_record_is_missed_only_from_its_next_time_on(brain: Brain) -> None:
    """A new installation owes nothing; a schedule that was never created is noticed all the same."""
    log, dispatched = Log(), Dispatched(brain)
    catch_up = CatchUp(brain.store, SCHEDULES, log, brain.clock)
    assert (catch_up(dispatched, NOON), dispatched) == ({}, [])
    tomorrow = NOON + timedelta(days=1)
    assert catch_up(dispatched, tomorrow.replace(hour=6, minute=59)) == {}
    assert catch_up(dispatched, tomorrow.replace(hour=7)) == {"caught_up": 1}
    assert dispatched == [(DAILY_ANALYSIS, tomorrow.replace(hour=6))]
    assert log.names() == [("dispatch_missed", DAILY_ANALYSIS)]
    assert log.entries[0]["severity"] == "CRITICAL"


def test_of_many_missed_times_only_the_latest_is_dispatched_once(brain: Brain) -> None:
    """A machine that was off for three weeks."""
    log, dispatched = Log(), Dispatched(brain)
    catch_up = CatchUp(brain.store, SCHEDULES, log, brain.clock)
    catch_up(dispatched, NOON)
    later = NOON + timedelta(days=23)
    assert catch_up(dispatched, later) == {"caught_up": 2}
    assert catch_up(dispatched, later + timedelta(hours=1)) == {}
    assert dispatched == [
        (DAILY_ANALYSIS, later.replace(hour=6)),
        (WEEKLY_REPORT, later.replace(day=7, hour=9)),
    ]


def test_a_job_that_cannot_be_dispatched_stops_no_other_and_is_tried_again(brain: Brain) -> None:
    """The first of the two fails for an hour."""
    log = Log()
    catch_up = CatchUp(brain.store, SCHEDULES, log, brain.clock)
    catch_up(Dispatched(brain), NOON)
    later, failing = NOON + timedelta(days=8), Dispatched(brain, failing=DAILY_ANALYSIS)
    assert catch_up(failing, later) == {"caught_up": 1}
    assert ("dispatch_failed", DAILY_ANALYSIS) in log.names()
    recovered = Dispatched(brain)
    catch_up(recovered, later + timedelta(hours=1))
    assert [job for job, _ in recovered] == [DAILY_ANALYSIS]


def test_a_dispatch_by_a_clock_that_was_years_ahead_hides_nothing(brain: Brain) -> None:
    """Its record is of a time that has not come; what is due since is dispatched once."""
    log, dispatched = Log(), Dispatched(brain)
    catch_up = CatchUp(brain.store, SCHEDULES, log, brain.clock)
    Dispatches(brain.store).record(dict.fromkeys(SCHEDULES, NOON.replace(year=2036)))
    failing = Dispatched(brain, failing=WEEKLY_REPORT)
    assert catch_up(failing, NOON) == {"caught_up": 1}
    assert catch_up(dispatched, NOON + timedelta(hours=1)) == {"caught_up": 1}
    assert (failing, dispatched) == ([(DAILY_ANALYSIS, NOON.replace(hour=6))], [(WEEKLY_REPORT, NOON.replace(hour=9))])
    assert catch_up(dispatched, NOON - timedelta(days=30)) == {}
    assert catch_up(dispatched, NOON + timedelta(hours=2)) == {}


def test_the_hourly_run_makes_up_for_a_report_of_a_morning_when_the_machine_was_off(brain: Brain) -> None:
    """Through the whole composition: the report of Monday is written at noon."""
    store_events(brain.store, build_event(1, NOON - timedelta(days=3)))
    hour = timedelta(hours=1)
    brain.run_job(HOURLY_SCORES, NOON - timedelta(days=2))
    assert brain.run_job(HOURLY_SCORES, NOON - hour * 47).get("beside", {}).get(WEEKLY_REPORT) is None
    answer = brain.run_job(HOURLY_SCORES, NOON)
    assert answer["beside"][WEEKLY_REPORT][CLIENT]["status"] == "success"
    assert brain.store.get(paths.run(WEEKLY_REPORT, CLIENT, NOON.replace(hour=9))).data["status"] == "done"
    assert WEEKLY_REPORT not in brain.run_job(HOURLY_SCORES, NOON + hour).get("beside", {})


def test_a_record_of_the_future_is_replaced_by_the_dispatch_that_it_hid(brain: Brain) -> None:
    """Through the whole composition, in which a dispatch never replaces a later record."""
    Dispatches(brain.store).record({WEEKLY_REPORT: NOON.replace(year=2036)})
    assert brain.run_job(HOURLY_SCORES, NOON)["status"] == "success"
    assert Dispatches(brain.store).read(WEEKLY_REPORT) == NOON.replace(hour=9)


def test_a_partial_or_older_dispatch_does_not_count_as_the_schedules(brain: Brain) -> None:
    """One client's run by hand is not everybody's, and a repeated old one takes nothing back."""
    nine = NOON.replace(hour=9)
    brain.run_job(WEEKLY_REPORT, nine, client_id=CLIENT)
    brain.run_job(WEEKLY_REPORT, nine, dry_run=True)
    assert Dispatches(brain.store).read(WEEKLY_REPORT) is None
    brain.run_job(WEEKLY_REPORT, nine)
    brain.run_job(WEEKLY_REPORT, nine - timedelta(days=7))
    assert Dispatches(brain.store).read(WEEKLY_REPORT) == nine


def test_a_disabled_job_is_not_missed(brain: Brain) -> None:
    """Its schedule may be paused too, and nobody waits for it."""
    log = Log()
    brain.log = log
    brain.run_job(HOURLY_SCORES, NOON)
    brain.store.create(paths.feature(DAILY_ANALYSIS), {"enabled": False})
    brain.run_job(HOURLY_SCORES, NOON + timedelta(days=1))
    assert log.names() == []


class Away:
    """A queue that cannot be reached."""

    def enqueue(self, task: Task) -> bool:
        """Fail."""
        raise StoreUnavailableError(f"the task queue did not respond to {task.job}", retry_after_seconds=10)


def lose_run(brain: Brain) -> str:
    """Record a run whose task never reaches a queue, let its time pass, and return its path."""
    scheduled_at = brain.clock.now()
    with pytest.raises(StoreUnavailableError):
        brain.enqueue_runs(Away())([Task(DAILY_ANALYSIS, CLIENT, scheduled_at, scheduled_at)])
    brain.clock.advance(timedelta(hours=3))
    return paths.run(DAILY_ANALYSIS, CLIENT, scheduled_at)


def test_what_was_abandoned_is_found_while_the_queue_is_away(brain: Brain) -> None:
    """The dispatch fails, and the sweep goes on."""
    store_events(brain.store, build_event(1, NOON))
    path = lose_run(brain)
    with pytest.raises(StoreUnavailableError):
        brain.dispatch(Away())(HOURLY_SCORES, brain.clock.now())
    assert "open_until" not in brain.store.get(path).data


def test_what_was_abandoned_is_found_and_retried_while_scoring_is_disabled(brain: Brain) -> None:
    """A flag stops its own job only."""
    path = lose_run(brain)
    brain.store.create(paths.feature(HOURLY_SCORES), {"enabled": False})
    assert brain.run_job(HOURLY_SCORES, brain.clock.now())["status"] == "disabled"
    assert "open_until" not in brain.store.get(path).data
    brain.clock.advance(timedelta(hours=1))
    brain.run_job(HOURLY_SCORES, brain.clock.now())
    assert brain.store.get(path).data["status"] == "done"
