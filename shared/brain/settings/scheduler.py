"""The table of deployed functions, which deployment, the local clock and the worker's time limits share."""

from collections.abc import Collection
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from brain.domain.jobs.runs import LEASE_DURATION, LEASE_MARGIN
from brain.domain.jobs.steps import DAILY_ANALYSIS, JOBS, RETRY_DEAD_LETTERS
from brain.domain.types import StrictModel
from brain.settings.files import load_config
from brain.settings.functions import (
    MAX_TASK_DEADLINE_SECONDS,
    AccountName,
    DeployedFunction,
    QueueName,
    RetryConfig,
    ScheduledFunction,
    SecretName,
    TaskFunction,
    VariableName,
    VariableValue,
)

FunctionName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,61}$")]
ApiName = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.googleapis\.com$")]
RoleName = Annotated[str, StringConstraints(pattern=r"^roles/[A-Za-z.]+$")]
INGEST = "ingest"  # the function whose instances share the rate limits
OTHER_FUNCTIONS = (INGEST, "brainApi", "brainWorker")
BACKLOG_SECONDS = 900  # what a task may wait in its queue for others
REGION = r"^[a-z]+-[a-z]+\d+$"


class SecretDefinition(StrictModel):
    """The purpose of a secret and a command whose output may become its first value."""

    purpose: Annotated[str, StringConstraints(pattern=r"^[^\n']+$")]  # shown as a comment behind a shell command
    generate: Annotated[str, StringConstraints(min_length=1)]


class ServiceAccount(StrictModel):
    """A service account with its project roles and the accounts that it may impersonate."""

    purpose: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    roles: tuple[RoleName, ...]
    acts_as: tuple[AccountName, ...] = ()


class QueueConfig(StrictModel):
    """The limits of a Cloud Tasks queue in front of the worker."""

    dispatches_per_second: Annotated[int, Field(ge=1, le=500)]
    concurrent_dispatches: Annotated[int, Field(ge=1, le=5000)]


class Scheduler(StrictModel):
    """The whole table; every name that it uses is defined in it."""

    runtime: Annotated[str, StringConstraints(pattern=r"^python3\d{2}$")]
    region: Annotated[str, StringConstraints(pattern=REGION)]
    environment: dict[VariableName, VariableValue]
    retry: RetryConfig
    task_retry: RetryConfig
    apis: tuple[ApiName, ...]
    secrets: dict[SecretName, SecretDefinition]
    accounts: dict[AccountName, ServiceAccount]
    invoker: AccountName
    queues: dict[QueueName, QueueConfig]
    functions: dict[FunctionName, DeployedFunction]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name, function in self.functions.items():
            _check_defined(f"functions.{name}.account", (function.account,), self.accounts)
            _check_defined(f"functions.{name}.secrets", function.secrets, self.secrets)
        for name, account in self.accounts.items():
            _check_defined(f"accounts.{name}.acts_as", account.acts_as, self.accounts)
        _check_defined("invoker", (self.invoker,), self.accounts)
        for name, row in self.scheduled.items():
            _check_defined(f"functions.{name}.queue", (row.queue,), self.queues)
        return self

    @model_validator(mode="after")
    def _check_services(self) -> Self:
        services = list(map(format_service_name, self.functions))
        repeated = [name for name in self.functions if services.count(format_service_name(name)) > 1]
        if repeated:
            raise ValueError(
                f"functions must not have names that differ only in case, got {' and '.join(repeated)}; rename one"
            )
        workers = [function for function in self.functions.values() if isinstance(function, TaskFunction)]
        if len(workers) != 1:
            raise ValueError(f"functions must include exactly one with trigger 'task', got {len(workers)}")
        capacity = workers[0].max_instances * workers[0].concurrency
        concurrent = sum(queue.concurrent_dispatches for queue in self.queues.values())
        if concurrent > capacity:
            raise ValueError(
                f"queues must have at most {capacity} concurrent_dispatches together, the capacity of the worker's "
                f"instances, got {concurrent}"
            )
        return self

    @model_validator(mode="after")
    def _check_functions(self) -> Self:
        jobs = {name for name, job in JOBS.items() if job.enqueued_with is None}
        if set(self.scheduled) != jobs or set(self.functions) != {*OTHER_FUNCTIONS, *jobs}:
            raise ValueError(
                f"functions must be {', '.join(OTHER_FUNCTIONS)} and, with trigger 'schedule', "
                f"{', '.join(sorted(jobs))}, got {', '.join(self.functions)}"
            )
        return self

    @model_validator(mode="after")
    def _check_retries(self) -> Self:
        for name, function in self.scheduled.items():
            retry = self.get_retry(function)
            longest = (retry.retries + 1) * function.attempt_deadline_seconds + sum(retry.delays_seconds)
            if longest > function.period_seconds:
                raise ValueError(
                    f"functions.{name}: all attempts must end within the period of {function.period_seconds} s, got "
                    f"{longest} s, which overlaps the next run; shorten attempt_deadline_seconds or reduce retries"
                )
        return self

    @model_validator(mode="after")
    def _check_task_retries(self) -> Self:
        delays = self.task_retry.delays_seconds
        longest_lease = (LEASE_DURATION + LEASE_MARGIN).total_seconds()
        if not delays or delays[-1] <= longest_lease:
            raise ValueError(
                f"task_retry: the last delay must exceed {longest_lease:.0f} s, the time until the lease of a worker "
                f"that was killed or hangs has ended, got {delays[-1] if delays else 'none'}; add retries"
            )
        return self

    @property
    def scheduled(self) -> dict[str, ScheduledFunction]:
        """The scheduled functions by their deployed names."""
        return {name: row for name, row in self.functions.items() if isinstance(row, ScheduledFunction)}

    @property
    def worker(self) -> str:
        """The name of the function that performs tasks."""
        return next(name for name, row in self.functions.items() if isinstance(row, TaskFunction))

    def get_retry(self, function: ScheduledFunction) -> RetryConfig:
        """Return the retries of the function, by default those of the table."""
        return function.retry or self.retry

    def get_row(self, job: str) -> ScheduledFunction:
        """Return the scheduled function that enqueues a job."""
        return self.scheduled[JOBS[job].enqueued_with or job]

    def get_queue(self, job: str) -> QueueName:
        """Return the queue of a job's tasks; a retry may repeat the longest job, which must not delay the scores."""
        return self.get_row(DAILY_ANALYSIS if job == RETRY_DEAD_LETTERS else job).queue

    def get_time_limit_seconds(self, job: str) -> int:
        """Return the time limit of one attempt; a retry of dead letters has that of the longest job it may repeat."""
        if job == RETRY_DEAD_LETTERS:
            return max(row.timeout_seconds for row in self.scheduled.values())
        return self.get_row(job).timeout_seconds

    def get_task_deadline_seconds(self, job: str) -> int:
        """Return how long Cloud Tasks waits for the worker: until a worker that hangs has lost its lease."""
        deadline = self.get_time_limit_seconds(job) + int(LEASE_MARGIN.total_seconds())
        return min(deadline, MAX_TASK_DEADLINE_SECONDS)

    def get_open_seconds(self, job: str) -> int:
        """Return the time after which a queue has made the last attempt at a task, even if all of them hung."""
        attempts = (self.task_retry.retries + 1) * self.get_task_deadline_seconds(job)
        return attempts + sum(self.task_retry.delays_seconds) + BACKLOG_SECONDS

    def find_job(self, name: str) -> str | None:
        """Return the deployed name of a job by that name or its short name, or None if there is no such job."""
        return next((job for job, row in self.scheduled.items() if name in (job, row.short_name)), None)


def _check_defined(setting: str, names: tuple[str, ...], defined_names: Collection[str]) -> None:
    missing = [name for name in names if name not in defined_names]
    if missing:
        raise ValueError(
            f"{setting} must name entries of the table, got unknown {', '.join(missing)}; define it or correct the name"
        )


def format_service_name(function_name: str) -> str:
    """Return the name of the Cloud Run service of a function, which is in lower case."""
    return function_name.lower()


def read_scheduler() -> Scheduler:
    """Return the table of ``config/brain_scheduler.yaml``; raises ``MisconfiguredError`` if it is invalid."""
    return load_config("brain_scheduler", Scheduler)
