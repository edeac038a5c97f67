"""What is known of a client when moves are chosen: readings of metrics, earlier moves and the answers to them.

The schema is the contract of ``brain recommend`` and of the weekly job; ``docs/how-it-recommends.md`` shows one.
"""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator

from brain.domain.events import ClientId
from brain.domain.types import StrictModel
from brain.errors import InvalidInputError

Finite = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Share = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Subject = Annotated[str, Field(min_length=1, max_length=256)]
DEFAULT_CONFIDENCE = 0.5


class Reading(StrictModel):
    """One measured value of a metric, of the whole client or of one ``subject`` (a format, an hour, a campaign).

    ``lower`` and ``upper`` are its interval at the level ``interval_level`` of the context's policy,
    ``observations`` what it was computed from, ``observed_at`` the time of the newest of them.
    """

    value: Finite | None
    subject: Subject | None = None
    lower: Finite | None = None
    upper: Finite | None = None
    observations: Annotated[int, Field(strict=True, ge=0)] | None = None
    confidence: Share | None = None
    observed_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "Reading":
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError("the interval's lower end is above its upper end")
        return self


class Status(StrEnum):
    """What the reader did with a recommendation."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    DONE = "done"


class Feedback(StrictModel):
    """A reader's answer to one recommendation; ``until`` is when a snoozed one may come back."""

    recommendation_id: Annotated[str, Field(min_length=1, max_length=128)]
    status: Status
    at: AwareDatetime
    reason: Annotated[str, Field(max_length=1000)] | None = None
    until: AwareDatetime | None = None

    @model_validator(mode="after")
    def _snoozed_until(self) -> "Feedback":
        if self.status is Status.SNOOZED and self.until is None:
            raise ValueError("a snoozed recommendation needs 'until', the time when it may come back")
        return self


class Outcome(StrictModel):
    """What was measured after a move was done: the change of the metric that it should improve.

    ``effect`` is a share of before, in the direction that the move wants: +0.12 is 12 % better, whether the metric
    should rise or fall. ``standard_error`` is in the same unit.
    """

    measured_at: AwareDatetime
    effect: Finite
    standard_error: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]


class PastMove(StrictModel):
    """A move that was shown, or kept back as control, and what became of it."""

    recommendation_id: Annotated[str, Field(min_length=1, max_length=128)]
    reason_code: str
    subject: Subject | None = None
    shown_at: AwareDatetime
    move_type: str = "exploit"
    held_back: bool = False
    outcome: Outcome | None = None


class SharedPrior(StrictModel):
    """What other clients of the class saw of a move: successes in trials, effects, and how many clients that is."""

    clients: Annotated[int, Field(strict=True, ge=0)]
    successes: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
    failures: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
    effect_mean: Finite | None = None
    effect_sd: Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)] | None = None


class Context(StrictModel):
    """All that a choice of moves depends on, besides the catalogue, the limit and the seed."""

    client_id: ClientId
    as_of: AwareDatetime
    period: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    vertical: str | None = None
    currency: str | None = None
    confidence: Share = DEFAULT_CONFIDENCE
    metrics: Mapping[str, tuple[Reading, ...]]
    history: tuple[PastMove, ...] = ()
    feedback: tuple[Feedback, ...] = ()
    priors: Mapping[str, SharedPrior] = Field(default_factory=dict)

    @field_validator("metrics", mode="before")
    @classmethod
    def _readings(cls, metrics: Any) -> Any:
        if not isinstance(metrics, Mapping):
            return metrics
        return {name: _as_readings(given) for name, given in metrics.items()}

    @model_validator(mode="after")
    def _one_reading_a_subject_and_none_from_the_future(self) -> "Context":
        for name, readings in self.metrics.items():
            if len({reading.subject for reading in readings}) < len(readings):
                raise ValueError(f"metric {name!r} has two readings of the same subject; send one a subject")
            if any(reading.observed_at and reading.observed_at > self.as_of for reading in readings):
                raise ValueError(f"metric {name!r} was observed after 'as_of'; a choice cannot know the future")
        return self

    @property
    def named_period(self) -> str:
        """The period that ids are made for; by default the ISO week of ``as_of``."""
        if self.period is not None:
            return self.period
        year, week, _ = self.as_of.isocalendar()
        return f"{year}-W{week:02d}"

    def reading(self, metric: str, subject: str | None) -> Reading | None:
        """Return the metric's reading of the subject, else that of the whole client, else None."""
        found = {reading.subject: reading for reading in self.metrics.get(metric, ())}
        return found.get(subject, found.get(None))

    def age(self, reading: Reading) -> timedelta:
        """Return how old the evidence is; a reading without a time was taken at ``as_of``."""
        return self.as_of - (reading.observed_at or self.as_of)


def read_context(parsed: object, known_metrics: Mapping[str, object]) -> Context:
    """Return the checked context from parsed JSON.

    Raises:
        InvalidInputError: a field is missing, of the wrong type, from the future, or a metric has no such name.
    """
    if not isinstance(parsed, Mapping):
        raise InvalidInputError(
            f"A context is one JSON object, this is a {type(parsed).__name__}; see docs/how-it-recommends.md."
        )
    try:
        context = Context.model_validate(parsed)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the context"
        raise InvalidInputError(f"The context is wrong at {place}: {first['msg']}.") from error
    unknown = sorted(set(context.metrics) - set(known_metrics))
    if unknown:
        raise InvalidInputError(
            f"The context reports {unknown[0]!r}, which is no metric of config/triggers.yaml; "
            f"known are {', '.join(sorted(known_metrics))}."
        )
    return context


def _as_readings(given: Any) -> Any:
    if given is None:
        return ()
    if isinstance(given, list | tuple):
        return tuple(given)
    return (given if isinstance(given, Mapping | Reading) else {"value": given},)
