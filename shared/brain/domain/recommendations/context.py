"""What is known of a client when moves are chosen: readings of metrics, earlier moves and the answers to them.

The models are the input contract of ``brain recommend`` and of the weekly job; ``docs/how-it-recommends.md`` has an
example.
"""

import unicodedata
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AwareDatetime, Field, ValidationError, field_validator, model_validator

from brain.domain.events import ClientId
from brain.domain.periods import format_week
from brain.domain.recommendations.catalogue import MetricDefinition
from brain.domain.types import StrictModel, explain_validation_error
from brain.errors import InvalidInputError

FiniteFloat = Annotated[float, Field(strict=True, allow_inf_nan=False)]
StrictFraction = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
StrictPositiveFloat = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
MoveSubject = Annotated[str, Field(min_length=1, max_length=256)]
RecommendationId = Annotated[str, Field(min_length=1, max_length=128)]
DEFAULT_CONFIDENCE = 0.5


class MetricReading(StrictModel):
    """One measurement of a metric, for the whole client or for one ``subject`` (a format, an hour, a campaign).

    ``lower`` and ``upper`` bound its interval at the policy's ``interval_level``; ``observations`` is the number of
    observations it was computed from, ``observed_at`` the time of the newest of them.
    """

    value: FiniteFloat | None
    subject: MoveSubject | None = None
    lower: FiniteFloat | None = None
    upper: FiniteFloat | None = None
    observations: Annotated[int, Field(strict=True, ge=0)] | None = None
    confidence: StrictFraction | None = None
    observed_at: AwareDatetime | None = None

    @model_validator(mode="after")
    def _check_bounds(self) -> "MetricReading":
        if self.lower is not None and self.upper is not None and self.lower > self.upper:
            raise ValueError(f"lower must not exceed upper, got {self.lower} and {self.upper}")
        return self


class AnswerStatus(StrEnum):
    """What the reader did with a recommendation."""

    ACCEPTED = "accepted"
    DISMISSED = "dismissed"
    SNOOZED = "snoozed"
    DONE = "done"


class MoveAnswer(StrictModel):
    """A reader's answer to one recommendation; ``until`` is when a snoozed one may return.

    A reason of blanks is no reason.
    """

    recommendation_id: RecommendationId
    status: AnswerStatus
    at: AwareDatetime
    reason: Annotated[str, Field(max_length=1000)] | None = None
    until: AwareDatetime | None = None

    @field_validator("reason")
    @classmethod
    def _drop_blank_reason(cls, reason: str | None) -> str | None:
        return None if reason is None or _is_blank(reason) else reason

    @model_validator(mode="after")
    def _check_until(self) -> "MoveAnswer":
        if self.status is AnswerStatus.SNOOZED and self.until is None:
            raise ValueError("until is required for a snoozed recommendation, got none; say when it may return")
        return self


class MoveOutcome(StrictModel):
    """What was measured after a move: the relative change of the metric that it should improve.

    ``effect`` is positive in the direction that the move wants: +0.12 is 12 % better, whether the metric should rise
    or fall. ``standard_error`` has the same unit.
    """

    measured_at: AwareDatetime
    effect: FiniteFloat
    standard_error: StrictPositiveFloat


class PastMove(StrictModel):
    """A move that was shown, or held back as a control, with its outcome if measured."""

    recommendation_id: RecommendationId
    reason_code: str
    subject: MoveSubject | None = None
    shown_at: AwareDatetime
    move_type: str = "exploit"
    held_back: bool = False
    outcome: MoveOutcome | None = None


class SharedPrior(StrictModel):
    """What other clients of the class saw of a move: pseudo-counts, effects, and from how many clients."""

    clients: Annotated[int, Field(strict=True, ge=0)]
    successes: StrictPositiveFloat
    failures: StrictPositiveFloat
    effect_mean: FiniteFloat | None = None
    effect_sd: StrictPositiveFloat | None = None


class AdviceContext(StrictModel):
    """Everything that a choice of moves depends on besides the catalogue, the limit and the seed."""

    client_id: ClientId
    as_of: AwareDatetime
    period: Annotated[str, Field(min_length=1, max_length=64)] | None = None
    vertical: str | None = None
    currency: str | None = None
    confidence: StrictFraction = DEFAULT_CONFIDENCE
    metrics: Mapping[str, tuple[MetricReading, ...]]
    history: tuple[PastMove, ...] = ()
    feedback: tuple[MoveAnswer, ...] = ()
    priors: Mapping[str, SharedPrior] = Field(default_factory=dict)

    @field_validator("metrics", mode="before")
    @classmethod
    def _normalize_metrics(cls, metrics: Any) -> Any:
        if not isinstance(metrics, Mapping):
            return metrics
        return {name: _normalize_readings(readings) for name, readings in metrics.items()}

    @model_validator(mode="after")
    def _check_readings(self) -> "AdviceContext":
        for name, readings in self.metrics.items():
            if len({reading.subject for reading in readings}) < len(readings):
                raise ValueError(f"metric {name!r} must have one reading per subject, got two of the same subject")
            if any(reading.observed_at and reading.observed_at > self.as_of for reading in readings):
                raise ValueError(f"metric {name!r} must be observed by 'as_of', got a later 'observed_at'")
        return self

    @property
    def named_period(self) -> str:
        """The period that recommendation ids refer to; by default the ISO week of ``as_of``."""
        return self.period if self.period is not None else format_week(self.as_of.date())

    def reading(self, metric: str, subject: str | None) -> MetricReading | None:
        """Return the metric's reading of the subject, else that of the whole client, else None."""
        by_subject = {reading.subject: reading for reading in self.metrics.get(metric, ())}
        return by_subject.get(subject, by_subject.get(None))

    def age(self, reading: MetricReading) -> timedelta:
        """Return the age of the evidence; a reading without a time is as recent as ``as_of``."""
        return self.as_of - (reading.observed_at or self.as_of)


def parse_context(document: object, metrics: Mapping[str, MetricDefinition]) -> AdviceContext:
    """Return the validated context.

    Args:
        document: The context as parsed JSON.
        metrics: The metrics of the catalogue, by name.

    Raises:
        InvalidInputError: A field is missing, has the wrong type or lies in the future, or a metric is unknown.
    """
    if not isinstance(document, Mapping):
        raise InvalidInputError(
            f"the context must be one JSON object, got {type(document).__name__}; see docs/how-it-recommends.md"
        )
    try:
        context = AdviceContext.model_validate(document)
    except ValidationError as error:
        reasons = explain_validation_error(error, document="the context")
        raise InvalidInputError(f"context: {reasons}; see docs/how-it-recommends.md") from error
    unknown = sorted(set(context.metrics) - set(metrics))
    if unknown:
        lines = "".join(f"\n  {name} ({metric.unit}): {metric.meaning}" for name, metric in sorted(metrics.items()))
        raise InvalidInputError(
            f"metrics of the context must be in config/triggers.yaml, got {unknown[0]!r}; choose one of:{lines}"
        )
    return context


def _normalize_readings(readings: Any) -> Any:
    """Return a tuple of readings from null, a bare number, one reading or a list of them."""
    if readings is None:
        return ()
    if isinstance(readings, list | tuple):
        return tuple(readings)
    return (readings if isinstance(readings, Mapping | MetricReading) else {"value": readings},)


def _is_blank(text: str) -> bool:
    """Return whether a text has nothing to read: no letter, digit, punctuation mark or symbol."""
    return not any(unicodedata.category(character)[0] in "LNPS" for character in text)
