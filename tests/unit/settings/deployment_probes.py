"""Probes of the scheduler's table: the deployment plan, and the functions as they run."""

import contextlib
import io
from unittest.mock import patch

from flask import Request
from unit.settings.changed_files import CONFIG, read_tree
from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile
from werkzeug.test import EnvironBuilder

from brain import bootstrap
from brain.bootstrap.queues import open_cloud_tasks
from brain.cli.deploy_plan import STEPS, main
from brain.domain.jobs.steps import JOBS
from brain.entrypoints import deployed
from brain.repositories.gateway import ingest_counters
from brain.services.jobs.perform import InProcessQueue
from brain.settings.environment import read_settings
from brain.settings.scheduler import Scheduler
from brain.testing.simulations.memory_brain import NOW, build_memory_brain

TARGET = ("--project", "my-brain-1", "--project-number", "123456789012", "--root", str(CONFIG.parent))


def probe_plan() -> object:
    """Print the commands of a whole deployment and ``functions.yaml``."""
    plans = []
    for steps in (tuple(STEPS), ("functions.yaml",)):
        with contextlib.redirect_stdout(io.StringIO()) as plan, contextlib.redirect_stderr(io.StringIO()) as errors:
            code = main([*steps, *TARGET])
        plans.append((code, plan.getvalue(), errors.getvalue()))
    return plans


def probe_jobs() -> object:
    """Ask for a job that does not exist, for which the error lists those there are."""
    return run_command("run", "no-such-job")


def probe_jitter() -> object:
    """Call every scheduled function as deployed, and read when the tasks that it enqueues may start."""
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    for number in range(4):
        for mark in ingest_counters.build_activity_marks(f"client-{number}", NOW):
            brain.store.set(mark.path, mark.data, merge=True)
    queue = InProcessQueue(brain.perform)
    body = {"scheduled_at": NOW.replace(minute=0).isoformat()}
    _forget_handlers()
    with patch.object(bootstrap, "get_brain", lambda: brain), patch.object(brain, "cloud_tasks", lambda: queue):
        for job, row in JOBS.items():
            if row.enqueued_with is None:
                deployed.handle_schedule(job, Request(EnvironBuilder(method="POST", json=body).get_environ()))
    _forget_handlers()
    return [(task.job, task.client_id, task.not_before) for task in queue.tasks]


def probe_queues() -> object:
    """Read the queue of each job's tasks, and how long Cloud Tasks waits for them."""
    return open_cloud_tasks(read_settings({"BRAIN_STORE": "firestore://demo-a", "BRAIN_PROJECT": "demo-a"})).routes


def _forget_handlers() -> None:
    """Empty the caches of the module, in which a process keeps the handlers of its functions."""
    for attribute in vars(deployed).values():
        if hasattr(attribute, "cache_clear"):
            attribute.cache_clear()


FILES = (
    SettingsFile(
        "brain_scheduler",
        Scheduler,
        {
            "*.short_name": [probe_jobs],
            "*.jitter_seconds": [probe_jitter],
            "*.queue": [probe_queues],
            "*": [probe_plan],
        },
        values={
            "region": ["europe-west1"],
            "schedule": ["30 * * * *", "30 5 * * *"],
            "runtime": ["python312"],
            "apis": ["pubsub.googleapis.com"],
            "roles": ["roles/viewer", ["roles/viewer"]],
            "secrets": ["BRAIN_SEAL_KEY", "BRAIN_HASH_SALT"],
            "method": ["GET", "POST"],
            "concurrency": [2],
            "acts_as": ["brain-api"],
            "invoker": ["brain-api"],
        },
        single_valued={
            "retry.multiplier": "Cloud Scheduler and Cloud Tasks can only double a delay",
            "functions.brainRoiReport.retry.multiplier": "the same",
            "task_retry.multiplier": "the same",
            "task_retry.retries": "fewer end before a lease does, and a table of retries has at most five",
            "functions.brainCuriosity.attempt_deadline_seconds": "Cloud Scheduler's maximum, which is also the timeout",
        }
        | {
            f"functions.{name}.trigger": "the code of each function is made for one trigger"
            for name in read_tree("brain_scheduler")["functions"]
        },
        optional={
            "functions.ingest.min_instances": 1,
            "functions.brainRoiReport.retry": {
                "retries": 2, "first_delay_seconds": 30, "multiplier": 2, "longest_delay_seconds": 600,
            },
        },
    ),
)  # fmt: skip
