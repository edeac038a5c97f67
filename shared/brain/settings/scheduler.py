"""The table of deployed functions, so that deployment, the local clock and the workers' time limits never disagree."""

import re
from collections.abc import Mapping
from math import ceil, log
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from brain.domain.types import StrictModel
from brain.settings.files import load_config

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
SCHEDULER_LONGEST_DEADLINE_SECONDS = 1800  # Cloud Scheduler's own limit for HTTP targets

FunctionName = Annotated[str, StringConstraints(pattern=r"^[a-z][A-Za-z0-9]{0,61}$")]
ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
VariableName = SecretName
VariableValue = Annotated[str, StringConstraints(pattern=r"^[^,\s]+$")]  # gcloud parts variables at commas
QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
Api = Annotated[str, StringConstraints(pattern=r"^[a-z]+\.googleapis\.com$")]
Role = Annotated[str, StringConstraints(pattern=r"^roles/[A-Za-z.]+$")]
MemoryMegabytes = Literal[128, 256, 512, 1024, 2048, 4096, 8192]

REGION = r"^[a-z]+-[a-z]+\d+$"
_CRON = re.compile(r"(\d{1,2}) (\*|\d{1,2}) (\*|\d{1,2}) \* (\*|[0-6])")
_PERIODS = {
    # which of hour, day of the month and day of the week are fixed -> the shortest time between two runs
    (False, False, False): HOUR_SECONDS,
    (True, False, False): DAY_SECONDS,
    (True, False, True): 7 * DAY_SECONDS,
    (True, True, False): 28 * DAY_SECONDS,
}


class Retry(StrictModel):
    """Delays between attempts, in seconds; ``retries`` does not count the first attempt."""

    retries: Annotated[int, Field(ge=0, le=5)]
    first_delay_seconds: Annotated[int, Field(ge=1)]
    multiplier: Literal[2]  # the only one Cloud Scheduler and Cloud Tasks know
    longest_delay_seconds: Annotated[int, Field(ge=1, le=DAY_SECONDS)]

    @property
    def doublings(self) -> int:
        """How often the delay doubles before it stays at the longest."""
        return max(0, ceil(log(self.longest_delay_seconds / self.first_delay_seconds, self.multiplier)))

    @property
    def delays_seconds(self) -> tuple[int, ...]:
        """The delay before each retry."""
        doubled = (self.first_delay_seconds * self.multiplier**k for k in range(self.retries))
        return tuple(min(delay, self.longest_delay_seconds) for delay in doubled)


class Smoke(StrictModel):
    """One request that a healthy public function answers with ``expect_status``."""

    method: Literal["GET", "POST"]
    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_-]*$")]
    expect_status: Annotated[int, Field(ge=200, le=499)]


class _Function(StrictModel):
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)]
    memory_mb: MemoryMegabytes
    cpu: Literal[1, 2, 4] | None = None  # None: what the platform gives to the memory
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 1
    min_instances: Annotated[int, Field(ge=0, le=10)] = 0
    max_instances: Annotated[int, Field(ge=1, le=100)] = 1
    account: AccountName
    secrets: tuple[SecretName, ...] = ()
    environment: Mapping[VariableName, VariableValue] = {}

    @model_validator(mode="after")
    def _check_instances(self) -> Self:
        if self.concurrency > 1 and self.cpu is None:
            raise ValueError(f"concurrency {self.concurrency} needs a whole cpu: set cpu to 1 or more")
        if self.min_instances > self.max_instances:
            raise ValueError(f"min_instances {self.min_instances} is above max_instances {self.max_instances}")
        return self

    @property
    def is_asynchronous(self) -> bool:
        """Whether the function is served by ASGI."""
        return self.environment.get("FUNCTION_USE_ASGI", "").lower() == "true"


class HttpFunction(_Function):
    """Called from outside; ``public`` means that the function authenticates its callers itself."""

    trigger: Literal["http"]
    public: bool
    smoke: Smoke | None = None


class TaskFunction(_Function):
    """Called by Cloud Tasks, once a client and job."""

    trigger: Literal["task"]
    timeout_seconds: Annotated[int, Field(ge=1, le=1800)]  # Cloud Tasks' own limit for HTTP targets


class ScheduledFunction(_Function):
    """Called by Cloud Scheduler; its tasks are spread over ``jitter_seconds``."""

    trigger: Literal["schedule"]
    short_name: ShortName
    schedule: str
    time_zone: Literal["UTC"] = "UTC"  # each client's own day is the job's business, not the schedule's
    attempt_deadline_seconds: Annotated[int, Field(ge=15, le=SCHEDULER_LONGEST_DEADLINE_SECONDS)]
    jitter_seconds: Annotated[int, Field(ge=0, le=HOUR_SECONDS)] = 0
    retry: Retry | None = None  # None: the table's

    @property
    def period_seconds(self) -> int:
        """The shortest time between two scheduled runs."""
        match = _CRON.fullmatch(self.schedule)
        fixed = tuple(part != "*" for part in match.groups()[1:]) if match else None
        if match is None or fixed not in _PERIODS or not _in_range(match):
            raise ValueError(
                f"schedule {self.schedule!r} is not hourly, daily, weekly or monthly: write 'MINUTE * * * *', "
                "'MINUTE HOUR * * *', 'MINUTE HOUR * * WEEKDAY' or 'MINUTE HOUR DAY * *' (day up to 28)"
            )
        return _PERIODS[fixed]

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.attempt_deadline_seconds < self.timeout_seconds:
            raise ValueError(
                f"attempt_deadline_seconds {self.attempt_deadline_seconds} ends before the function's own "
                f"{self.timeout_seconds} s: a retry would overlap a run that still works"
            )
        if self.jitter_seconds + self.timeout_seconds > self.period_seconds:
            raise ValueError(
                f"jitter {self.jitter_seconds} s and time limit {self.timeout_seconds} s reach the next run, "
                f"which comes after {self.period_seconds} s"
            )
        return self


def _in_range(match: re.Match[str]) -> bool:
    limits = (59, 23, 28, 6)
    return all(part == "*" or int(part) <= limit for part, limit in zip(match.groups(), limits, strict=True))


Function = Annotated[HttpFunction | ScheduledFunction | TaskFunction, Field(discriminator="trigger")]


class Secret(StrictModel):
    """What a secret is for, and the command whose output may become its first value."""

    purpose: str
    generate: str


class Account(StrictModel):
    """A service account with its project roles and the accounts in whose name it may call."""

    purpose: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    roles: tuple[Role, ...]
    acts_as: tuple[AccountName, ...] = ()


class Queue(StrictModel):
    """The Cloud Tasks queue before the worker."""

    name: QueueName
    dispatches_per_second: Annotated[int, Field(ge=1, le=500)]
    concurrent_dispatches: Annotated[int, Field(ge=1, le=5000)]


class Scheduler(StrictModel):
    """The whole table; what it names in one place it defines in another."""

    runtime: Annotated[str, StringConstraints(pattern=r"^python3\d{2}$")]
    region: Annotated[str, StringConstraints(pattern=REGION)]
    environment: dict[VariableName, VariableValue]
    retry: Retry
    apis: tuple[Api, ...]
    secrets: dict[SecretName, Secret]
    accounts: dict[AccountName, Account]
    invoker: AccountName
    queue: Queue
    functions: dict[FunctionName, Function]

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        for name, function in self.functions.items():
            _check_defined(f"functions.{name}.account", (function.account,), self.accounts)
            _check_defined(f"functions.{name}.secrets", function.secrets, self.secrets)
        for name, account in self.accounts.items():
            _check_defined(f"accounts.{name}.acts_as", account.acts_as, self.accounts)
        _check_defined("invoker", (self.invoker,), self.accounts)
        return self

    @model_validator(mode="after")
    def _check_services(self) -> Self:
        services = [service_name(name) for name in self.functions]
        if len(set(services)) < len(services):
            raise ValueError("functions: two names differ only in capitals, and a service's name has none")
        workers = [function for function in self.functions.values() if function.trigger == "task"]
        if len(workers) != 1:
            raise ValueError("functions: the queue needs exactly one function with trigger 'task'")
        at_once = workers[0].max_instances * workers[0].concurrency
        if self.queue.concurrent_dispatches > at_once:
            raise ValueError(
                f"queue.concurrent_dispatches {self.queue.concurrent_dispatches} is more than the worker's instances "
                f"take at once, {at_once}: the rest would only be refused and tried again"
            )
        return self

    @model_validator(mode="after")
    def _check_retries(self) -> Self:
        for name, function in self.scheduled.items():
            retry = self.retry_of(function)
            worst = (retry.retries + 1) * function.attempt_deadline_seconds + sum(retry.delays_seconds)
            if worst > function.period_seconds:
                raise ValueError(
                    f"functions.{name}: its retries may last {worst} s and overlap the next run, which comes "
                    f"after {function.period_seconds} s; shorten attempt_deadline_seconds or retry less"
                )
        return self

    @property
    def scheduled(self) -> dict[str, ScheduledFunction]:
        """The jobs by their deployed names."""
        return {name: row for name, row in self.functions.items() if isinstance(row, ScheduledFunction)}

    @property
    def worker(self) -> str:
        """The name of the function that does the tasks."""
        return next(name for name, row in self.functions.items() if isinstance(row, TaskFunction))

    def retry_of(self, function: ScheduledFunction) -> Retry:
        """Return the function's own retry policy or the table's."""
        return function.retry or self.retry

    def job_named(self, name: str) -> str | None:
        """Return the deployed name of a job given that or its short name; None when there is none."""
        return next((job for job, row in self.scheduled.items() if name in (job, row.short_name)), None)


def _check_defined(where: str, names: tuple[str, ...], defined: dict[str, Secret] | dict[str, Account]) -> None:
    missing = [name for name in names if name not in defined]
    if missing:
        raise ValueError(f"{where} names {', '.join(missing)}, which the table does not define")


def service_name(function_name: str) -> str:
    """Return the Cloud Run service behind a function: its name in small letters."""
    return function_name.lower()


def read_scheduler() -> Scheduler:
    """Return the table of ``config/brain_scheduler.yaml``; raises ``MisconfiguredError`` saying what is wrong."""
    return load_config("brain_scheduler", Scheduler)
