"""The services around the task queues, with the table's limits."""

from datetime import timedelta
from typing import TYPE_CHECKING

from brain.adapters.cloud_tasks import CloudTasksQueue, TaskRoute
from brain.domain.jobs.features import FeatureFlags
from brain.domain.jobs.steps import HOURLY_SCORES, JOBS
from brain.ports.task_queue import TaskQueue
from brain.repositories.jobs.features import Features
from brain.services.gateway.enqueue_retries import enqueue_retries
from brain.services.jobs.catch_up import CatchUp
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.enqueue_runs import EnqueueRuns
from brain.services.jobs.sweep_runs import SweepRuns
from brain.settings.environment import Settings
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler

if TYPE_CHECKING:
    from brain.bootstrap import Brain


def build_dispatch(brain: "Brain", queue: TaskQueue) -> Dispatch:
    """Return the service that dispatches scheduled jobs into ``queue``."""
    features = Features(brain.store, load_config("brain_features", FeatureFlags), brain.report_error)
    sweep = SweepRuns(brain.store, brain.give_up, brain.clock, brain.log)
    schedules = {job: row.schedule for job, row in read_scheduler().scheduled.items() if job != HOURLY_SCORES}
    catch_up = CatchUp(brain.store, schedules, brain.log, brain.clock)
    return Dispatch(brain.store, build_enqueue_runs(brain, queue), features, enqueue_retries, sweep, catch_up)


def build_enqueue_runs(brain: "Brain", queue: TaskQueue) -> EnqueueRuns:
    """Return the service that records runs and enqueues their tasks into ``queue``."""
    table = read_scheduler()
    open_for = {job: timedelta(seconds=table.get_open_seconds(job)) for job in JOBS}
    return EnqueueRuns(brain.store, queue, brain.clock, open_for)


def open_cloud_tasks(settings: Settings) -> CloudTasksQueue:
    """Return the deployed queues, one per route of a job."""
    table = read_scheduler()
    parent = f"projects/{settings.project}/locations/{settings.region}/queues"
    routes = {job: TaskRoute(f"{parent}/{table.get_queue(job)}", table.get_task_deadline_seconds(job)) for job in JOBS}
    return CloudTasksQueue(routes, settings.worker_url, settings.tasks_invoker)
