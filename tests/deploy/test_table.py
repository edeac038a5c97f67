"""The one table of functions: what is promised of each, what a wrong table says, and that everything agrees with it."""

import ast
import copy
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from brain.cli.deploy_plan import STEPS
from brain.cli.deployment.deployment_target import DeploymentTarget
from brain.cli.deployment.functions_yaml import render_functions_yaml
from brain.errors import MisconfiguredError
from brain.settings.functions import HttpFunction, RetryConfig, ScheduledFunction, TaskFunction
from brain.settings.scheduler import Scheduler, read_scheduler

ROOT = Path(__file__).resolve().parents[2]
PARSED = yaml.safe_load((ROOT / "config" / "brain_scheduler.yaml").read_text(encoding="utf-8"))
TABLE = read_scheduler()
TARGET = DeploymentTarget("my-brain-1", "123456789012", "us-central1")

# name: trigger, schedule in UTC, time limit and memory, jitter in seconds
PROMISED = {
    "ingest": ("http", None, 60, 512, None),
    "brainApi": ("http", None, 60, 512, None),
    "brainHourlyScores": ("schedule", "0 * * * *", 300, 512, 300),
    "brainDailyAnalysis": ("schedule", "0 6 * * *", 600, 512, 600),
    "brainWeeklyReport": ("schedule", "0 9 * * 1", 900, 1024, 900),
    "brainCuriosity": ("schedule", "0 2 * * *", 1800, 1024, 0),
    "brainSignalMagnitude": ("schedule", "0 3 * * *", 300, 512, 0),
    "brainProductWeather": ("schedule", "0 3 * * *", 180, 512, 0),
    "brainBacktesting": ("schedule", "0 4 * * 0", 900, 1024, 0),
    "brainRoiReport": ("schedule", "0 5 1 * *", 300, 512, 0),
    "brainWorker": ("task", None, 1800, 1024, None),
}


def test_the_table_has_what_is_promised() -> None:
    """Names, schedules, time limits, memory and jitter."""
    rows = {
        name: (
            row.trigger,
            getattr(row, "schedule", None),
            row.timeout_seconds,
            row.memory_mb,
            getattr(row, "jitter_seconds", None),
        )
        for name, row in TABLE.functions.items()
    }
    assert rows == PROMISED


def test_retries_are_as_promised() -> None:
    """Three, after 60 s, twice that, and so on, never more than an hour apart."""
    assert TABLE.retry.delays_seconds == (60, 120, 240)
    bounded = RetryConfig(retries=5, first_delay_seconds=1000, multiplier=2, longest_delay_seconds=3600)
    assert bounded.delays_seconds == (1000, 2000, 3600, 3600, 3600)
    assert TABLE.task_retry.delays_seconds == (15, 30, 60, 120, 240)
    assert {TABLE.get_retry(row) for row in TABLE.scheduled.values()} == {TABLE.retry}


@pytest.mark.parametrize(("first", "longest", "doublings"), [(60, 3600, 6), (60, 60, 0), (60, 120, 1), (60, 30, 0)])
def test_the_delay_doubles_until_it_is_the_longest(first: int, longest: int, doublings: int) -> None:
    """And then stays there."""
    retry = RetryConfig(retries=3, first_delay_seconds=first, multiplier=2, longest_delay_seconds=longest)
    assert retry.doublings == doublings


def test_a_job_is_found_by_its_deployed_and_its_short_name() -> None:
    """And nothing else is taken for one."""
    assert TABLE.find_job("hourly-scores") == TABLE.find_job("brainHourlyScores") == "brainHourlyScores"
    assert TABLE.find_job("brainWorker") is None
    assert len({row.short_name for row in TABLE.scheduled.values()}) == len(TABLE.scheduled)


def test_only_what_authenticates_its_own_callers_is_public() -> None:
    """Everything else is called by the invoker alone."""
    public = {name for name, row in TABLE.functions.items() if isinstance(row, HttpFunction) and row.public}
    assert public == {"ingest", "brainApi"}


def test_no_account_may_do_everything() -> None:
    """Least privilege: no owner, editor or administrator, and the invoker may do nothing of itself."""
    roles = {role for account in TABLE.accounts.values() for role in account.roles}
    assert not [role for role in roles if re.search(r"(?i)owner|editor|admin", role)]
    assert TABLE.accounts[TABLE.invoker].roles == ()


@pytest.mark.parametrize(
    ("schedule", "seconds"),
    [("0 * * * *", 3600), ("30 6 * * *", 86400), ("0 9 * * 1", 7 * 86400), ("0 5 1 * *", 28 * 86400)],
)
def test_a_schedule_says_how_often_it_comes(schedule: str, seconds: int) -> None:
    """The shortest time between two runs: February has 28 days."""
    row = PARSED["functions"]["brainProductWeather"] | {"schedule": schedule}
    assert ScheduledFunction.model_validate(row).period_seconds == seconds


def _set(*path_and_value: Any) -> Callable[[dict[str, Any]], None]:
    *path, last, value = path_and_value

    def change(table: dict[str, Any]) -> None:
        for key in path:
            table = table[key]
        table[last] = value

    return change


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            _set("functions", "brainHourlyScores", "schedule", "*/5 * * * *"),
            "must be hourly, daily, weekly or monthly",
        ),
        (
            _set("functions", "brainHourlyScores", "schedule", "61 * * * *"),
            "must be hourly, daily, weekly or monthly",
        ),
        (_set("functions", "brainRoiReport", "schedule", "0 5 31 * *"), "with a day up to 28"),
        (
            _set("functions", "brainRoiReport", "schedule", "0 5 1 * 1"),
            "must be hourly, daily, weekly or monthly",
        ),
        (_set("functions", "brainCuriosity", "attempt_deadline_seconds", 1801), "less than or equal to 1800"),
        (_set("functions", "brainCuriosity", "attempt_deadline_seconds", 180), "a retry overlaps a running attempt"),
        (_set("functions", "brainHourlyScores", "jitter_seconds", 3400), "a run overlaps the next one"),
        (_set("functions", "brainHourlyScores", "attempt_deadline_seconds", 900), "overlaps the next run"),
        (_set("functions", "brainHourlyScores", "timeout", 300), "Extra inputs are not permitted"),
        (_set("functions", "brainHourlyScores", "memory_mb", 500), "Input should be 128, 256"),
        (
            _set("functions", "brainHourlyScores", "account", "brain-nobody"),
            "must name entries of the table, got unknown brain-nobody",
        ),
        (
            _set("functions", "ingest", "secrets", ["BRAIN_SALT"]),
            "functions.ingest.secrets must name entries of the table",
        ),
        (_set("functions", "ingest", "cpu", None), "cpu must be at least 1 with concurrency 80, got none"),
        (_set("functions", "ingest", "min_instances", 10), None),
        (_set("functions", "brainWorker", "min_instances", 10), None),
        (
            _set("functions", "brainProductWeather", "min_instances", 2),
            "must be at most max_instances 1, got 2",
        ),
        (_set("functions", "brainWorker", "timeout_seconds", 1801), "less than or equal to 1800"),
        (_set("functions", "brainworker", PARSED["functions"]["brainApi"]), "differ only in case"),
        (_set("functions", "brainWorker", PARSED["functions"]["brainApi"]), "exactly one with trigger 'task', got 0"),
        (_set("functions", "brain_worker", PARSED["functions"]["brainApi"]), "String should match pattern"),
        (_set("accounts", "brain-jobs", "acts_as", ["brain-nobody"]), "accounts.brain-jobs.acts_as must name entries"),
        (_set("accounts", "brain-jobs", "roles", ["datastore.user"]), "String should match pattern"),
        (_set("invoker", "brain-nobody"), "invoker must name entries of the table, got unknown brain-nobody"),
        (
            _set("queues", "brain-shop", "concurrent_dispatches", 16),
            "must have at most 40 concurrent_dispatches together",
        ),
        (_set("functions", "brainCuriosity", "queue", "brain-night"), "must name entries of the table, got unknown"),
        (
            _set("task_retry", "retries", 4),
            "was killed or hangs has ended, got 120; add retries",
        ),
        (
            _set("task_retry", "retries", 0),
            "was killed or hangs has ended, got none; add retries",
        ),
        (_set("environment", "BRAIN_STORE", "a,b"), "String should match pattern"),
        (_set("retry", "multiplier", 3), "Input should be 2"),
    ],
)
def test_a_wrong_table_says_what_is_wrong(change: Callable[[dict[str, Any]], None], said: str | None) -> None:
    """Before anything is deployed."""
    table = copy.deepcopy(PARSED)
    change(table)
    if said is None:
        Scheduler.model_validate(table)
        return
    with pytest.raises(ValidationError, match=re.escape(said)):
        Scheduler.model_validate(table)


def test_every_deployed_name_is_a_function_of_its_own() -> None:
    """A partial or an alias would break silently, so each is a def in ``functions/main.py``, and no other is there."""
    tree = ast.parse((ROOT / "functions" / "main.py").read_text(encoding="utf-8"))
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
    assert set(defined) == set(TABLE.functions)
    asynchronous = {name for name, node in defined.items() if isinstance(node, ast.AsyncFunctionDef)}
    assert asynchronous == {name for name, row in TABLE.functions.items() if row.is_asynchronous}


def test_functions_yaml_says_the_same_as_the_table() -> None:
    """Whoever deploys with firebase gets what deploy.sh would have made."""
    endpoints = yaml.safe_load(render_functions_yaml(TABLE, TARGET))["endpoints"]
    assert list(endpoints) == list(TABLE.functions)
    for name, row in TABLE.functions.items():
        endpoint = endpoints[name]
        assert (
            endpoint["entryPoint"],
            endpoint["timeoutSeconds"],
            endpoint["availableMemoryMb"],
            endpoint["maxInstances"],
        ) == (
            name,
            row.timeout_seconds,
            row.memory_mb,
            row.max_instances,
        )
        assert endpoint["serviceAccountEmail"] == f"{row.account}@my-brain-1.iam.gserviceaccount.com"
        assert endpoint["environmentVariables"]["BRAIN_STORE"] == "firestore://my-brain-1"
        trigger = {"http": "httpsTrigger", "schedule": "scheduleTrigger", "task": "taskQueueTrigger"}[row.trigger]
        assert [key for key in endpoint if key.endswith("Trigger")] == [trigger]
        if isinstance(row, ScheduledFunction):
            assert (endpoint[trigger]["schedule"], endpoint[trigger]["retryConfig"]["retryCount"]) == (row.schedule, 3)
        if isinstance(row, TaskFunction):
            assert endpoint[trigger]["retryConfig"]["maxAttempts"] == 6
    assert endpoints["ingest"]["httpsTrigger"] == {"invoker": ["public"]}


def test_a_variable_with_an_unknown_name_in_braces_is_refused() -> None:
    """And the message says which names there are."""
    table = TABLE.model_copy(update={"environment": {"BRAIN_STORE": "firestore://{projekt}"}})
    with pytest.raises(MisconfiguredError, match=r"BRAIN_STORE may contain only the placeholders \{project\}"):
        TARGET.environment(table, TABLE.functions["ingest"])


def test_deploy_sh_and_the_plan_have_the_same_steps() -> None:
    """In the same order; staging is the script's own."""
    script = (ROOT / "deploy.sh").read_text(encoding="utf-8")
    steps = re.search(r"STEPS=\(([^)]+)\)", script)
    assert steps
    assert steps[1].split() == ["stage", *STEPS]


def test_firebase_json_points_at_what_is_there_and_listens_to_nobody_else() -> None:
    """The emulators are for this machine alone."""
    firebase = json.loads((ROOT / "firebase.json").read_text(encoding="utf-8"))
    assert all((ROOT / file).is_file() for file in firebase["firestore"].values())
    assert firebase["functions"][0]["runtime"] == TABLE.runtime
    hosts = {
        emulator["host"]
        for emulator in firebase["emulators"].values()
        if isinstance(emulator, dict) and "port" in emulator
    }
    assert hosts == {"127.0.0.1"}
