"""Every job, killed or hung at its store calls, ends done or dead-lettered on the queue's schedule; same bytes."""

import os
from collections.abc import Iterator

import pytest

from brain.domain.jobs.steps import JOBS
from brain.testing.simulations.crash_worlds import CrashWorlds
from brain.testing.simulations.dispatch_crashes import SCHEDULED_JOBS, DispatchCrashSimulation
from brain.testing.simulations.job_crashes import Crash, CrashSimulation, Outcome

QUICK_JOBS = ("brainHourlyScores", "brainRetryDeadLetters", "brainDailyAnalysis", "brainLearning", "brainWeeklyReport")
STRIDE = int(os.environ.get("BRAIN_CRASH_STRIDE", "4"))
"""``make prove`` sets 1, which is every call."""


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CrashWorlds]:
    """The templates of the worlds, built once."""
    return CrashWorlds(tmp_path_factory.mktemp("crashes"))


@pytest.mark.parametrize(
    "job", [job if job in QUICK_JOBS else pytest.param(job, marks=pytest.mark.slow) for job in JOBS]
)
def test_every_run_ends_done_or_dead_lettered_with_the_same_bytes(worlds: CrashWorlds, job: str) -> None:
    """A worker that is killed once or hangs is retried; one that is always killed leaves a dead letter."""
    simulation = CrashSimulation(worlds, job)
    for offset, crash in enumerate(Crash):
        first = 1 if crash is Crash.ALWAYS else 1 + offset % STRIDE
        for call in range(first, simulation.calls + 1, STRIDE):
            result = simulation.crash(crash, call)
            point = f"{crash} at call {call} of {simulation.calls}"
            assert result.is_same, point
            if crash is not Crash.ALWAYS:
                assert result.outcome is Outcome.DONE, point
            elif call == 1:  # a later call may leave a checkpoint, so that the attempts get to the end together
                assert result.outcome is Outcome.DEAD_LETTERED, point
            else:
                assert result.outcome is not Outcome.NEITHER, point


@pytest.mark.slow
@pytest.mark.parametrize("job", SCHEDULED_JOBS if STRIDE == 1 else SCHEDULED_JOBS[:2])
def test_a_dispatch_that_is_killed_anywhere_and_repeated_loses_no_run(worlds: CrashWorlds, job: str) -> None:
    """Between the record of a run and its task, too."""
    simulation = DispatchCrashSimulation(worlds, job)
    assert simulation.queue_calls > 1
    results = dict(simulation.crash_everywhere())
    assert [point for point, is_same in results.items() if not is_same] == []
