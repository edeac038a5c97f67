"""The table of jobs agrees with what is deployed, configured and built."""

import pytest

from brain.bootstrap.jobs import SHOP_STEPS, WORK_STEPS
from brain.bootstrap.parts import PARTS
from brain.domain.jobs.features import FeatureFlags
from brain.domain.jobs.steps import JOBS, ClientSelection
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler


def test_a_job_is_scheduled_unless_it_is_enqueued_with_a_scheduled_one() -> None:
    """So that every row is dispatched, and every scheduled function has a row."""
    scheduled = read_scheduler().scheduled
    assert {name for name, job in JOBS.items() if job.enqueued_with is None} == set(scheduled)
    assert all(job.enqueued_with in scheduled for job in JOBS.values() if job.enqueued_with is not None)


def test_every_job_has_a_flag_and_every_flag_a_job() -> None:
    """An operator can switch each of them."""
    assert set(load_config("brain_features", FeatureFlags).root) == set(JOBS)


def test_every_step_and_part_has_one_implementation() -> None:
    """And no implementation is left without a job."""
    steps = [step for job in JOBS.values() for step in job.steps]
    assert sorted(steps) == sorted([*WORK_STEPS, *SHOP_STEPS])
    assert {part for job in JOBS.values() for part in job.parts} == set(PARTS)


@pytest.mark.parametrize("name", sorted(SHOP_STEPS))
def test_a_shop_step_is_built_under_its_name(name: str) -> None:
    """The table's names are those in the checkpoints."""
    assert SHOP_STEPS[name]().name == name


def test_jobs_of_the_shop_select_by_shop() -> None:
    """Their clients may never send an event."""
    assert all(job.clients is ClientSelection.SHOP for job in JOBS.values() if job.steps[0] in SHOP_STEPS)
