"""Models of the deployed functions: how each is triggered, sized, retried and checked."""

import re
from collections.abc import Mapping
from math import ceil, log
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from brain.domain.types import StrictModel

HOUR_SECONDS = 3600
DAY_SECONDS = 24 * HOUR_SECONDS
MAX_SCHEDULER_DEADLINE_SECONDS = 1800  # the limit of Cloud Scheduler for HTTP targets
MAX_TASK_DEADLINE_SECONDS = 1800  # the limit of Cloud Tasks for HTTP targets

QueueName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,62}$")]
ShortName = Annotated[str, StringConstraints(pattern=r"^[a-z]+(-[a-z]+)*$")]
AccountName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
SecretName = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{0,62}$")]
VariableName = SecretName
VariableValue = Annotated[str, StringConstraints(pattern=r"^[^,\s]+$")]  # gcloud separates variables by commas
MemoryMegabytes = Literal[128, 256, 512, 1024, 2048, 4096, 8192]

_CRON = re.compile(r"(\d{1,2}) (\*|\d{1,2}) (\*|\d{1,2}) \* (\*|[0-6])")
_CRON_MAXIMA = (59, 23, 28, 6)
# Which of hour, day of the month and day of the week are fixed, and the shortest time between two runs then.
_PERIODS = {
    (False, False, False): HOUR_SECONDS,
    (True, False, False): DAY_SECONDS,
    (True, False, True): 7 * DAY_SECONDS,
    (True, True, False): 28 * DAY_SECONDS,
}


class RetryConfig(StrictModel):
    """Retries after failures with growing delays; ``retries`` does not count the first attempt."""

    retries: Annotated[int, Field(ge=0, le=5)]
    first_delay_seconds: Annotated[int, Field(ge=1)]
    multiplier: Literal[2]  # the only one that Cloud Scheduler and Cloud Tasks support
    longest_delay_seconds: Annotated[int, Field(ge=1, le=DAY_SECONDS)]

    @property
    def doublings(self) -> int:
        """How often the delay doubles before it reaches the longest."""
        return max(0, ceil(log(self.longest_delay_seconds / self.first_delay_seconds, self.multiplier)))

    @property
    def delays_seconds(self) -> tuple[int, ...]:
        """The delay before each retry."""
        delays = (self.first_delay_seconds * self.multiplier**k for k in range(self.retries))
        return tuple(min(delay, self.longest_delay_seconds) for delay in delays)


class SmokeTest(StrictModel):
    """A request to which a healthy public function responds with ``expect_status``."""

    method: Literal["GET", "POST"]
    path: Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9/_-]*$")]
    expect_status: Annotated[int, Field(ge=200, le=499)]


class _FunctionSettings(StrictModel):
    timeout_seconds: Annotated[int, Field(ge=1, le=3600)]
    memory_mb: MemoryMegabytes
    cpu: Literal[1, 2, 4] | None = None  # None: the platform's share for this memory
    concurrency: Annotated[int, Field(ge=1, le=1000)] = 1
    min_instances: Annotated[int, Field(ge=0, le=10)] = 0
    max_instances: Annotated[int, Field(ge=1, le=100)] = 1
    account: AccountName
    secrets: tuple[SecretName, ...] = ()
    environment: Mapping[VariableName, VariableValue] = {}

    @model_validator(mode="after")
    def _check_instances(self) -> Self:
        if self.concurrency > 1 and self.cpu is None:
            raise ValueError(f"cpu must be at least 1 with concurrency {self.concurrency}, got none; set cpu")
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"min_instances must be at most max_instances {self.max_instances}, got {self.min_instances}"
            )
        return self

    @property
    def is_asynchronous(self) -> bool:
        """Whether the function is served by ASGI."""
        return self.environment.get("FUNCTION_USE_ASGI", "").lower() == "true"


class HttpFunction(_FunctionSettings):
    """A function that is called from outside; a ``public`` one authenticates its callers itself."""

    trigger: Literal["http"]
    public: bool
    smoke: SmokeTest | None = None


class TaskFunction(_FunctionSettings):
    """A function that Cloud Tasks calls, once per client and job."""

    trigger: Literal["task"]
    timeout_seconds: Annotated[int, Field(ge=1, le=MAX_TASK_DEADLINE_SECONDS)]


class ScheduledFunction(_FunctionSettings):
    """A function that Cloud Scheduler calls; it spreads the tasks in its ``queue`` over ``jitter_seconds``."""

    trigger: Literal["schedule"]
    description: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    short_name: ShortName
    schedule: str
    queue: QueueName
    time_zone: Literal["UTC"] = "UTC"  # the job itself takes the client's local days into account
    attempt_deadline_seconds: Annotated[int, Field(ge=15, le=MAX_SCHEDULER_DEADLINE_SECONDS)]
    jitter_seconds: Annotated[int, Field(ge=0, le=HOUR_SECONDS)] = 0
    retry: RetryConfig | None = None  # None: the one of the table

    @property
    def period_seconds(self) -> int:
        """The shortest time between two scheduled runs."""
        match = _CRON.fullmatch(self.schedule)
        fixed_fields = tuple(field != "*" for field in match.groups()[1:]) if match else None
        if match is None or fixed_fields not in _PERIODS or not _is_in_range(match):
            raise ValueError(
                "schedule must be hourly, daily, weekly or monthly: 'MINUTE * * * *', 'MINUTE HOUR * * *', "
                f"'MINUTE HOUR * * WEEKDAY' or 'MINUTE HOUR DAY * *' with a day up to 28, got {self.schedule!r}"
            )
        return _PERIODS[fixed_fields]

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        if self.attempt_deadline_seconds < self.timeout_seconds:
            raise ValueError(
                f"attempt_deadline_seconds must be at least timeout_seconds {self.timeout_seconds}, got "
                f"{self.attempt_deadline_seconds}; otherwise a retry overlaps a running attempt"
            )
        if self.jitter_seconds + self.timeout_seconds > self.period_seconds:
            raise ValueError(
                f"jitter_seconds and timeout_seconds must not exceed the period of {self.period_seconds} s together, "
                f"got {self.jitter_seconds} and {self.timeout_seconds}; otherwise a run overlaps the next one"
            )
        return self


def _is_in_range(match: re.Match[str]) -> bool:
    return all(field == "*" or int(field) <= limit for field, limit in zip(match.groups(), _CRON_MAXIMA, strict=True))


DeployedFunction = Annotated[HttpFunction | ScheduledFunction | TaskFunction, Field(discriminator="trigger")]
