"""The model of ``config/triggers.yaml``: moves with their triggers, metrics and the policy, validated when loaded."""

import string
from collections.abc import Collection, Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints, model_validator

from brain.domain.types import Fraction, OpenFraction, PositiveFloat, PositiveInt, StrictModel

ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
_ALWAYS_FILLED = frozenset({"subject", "threshold"})
_TOLERANCE = 1e-9


class TriggerDirection(StrEnum):
    """On which side of its threshold a trigger is met; the threshold itself counts."""

    ABOVE = "above"
    BELOW = "below"


class MetricUnit(StrEnum):
    """How a metric is written for a reader."""

    COUNT = "count"
    FRACTION = "fraction"
    HOURS = "hours"
    LIFT = "lift"
    MONEY = "money"
    RATIO = "ratio"


class MetricDefinition(StrictModel):
    """A metric that a context may report: what it measures and how it is written."""

    unit: MetricUnit
    meaning: Annotated[str, Field(min_length=10)]


class TriggerCondition(StrictModel):
    """One trigger, such as ``click_rate_below: 0.01``."""

    metric: ReasonCode
    direction: TriggerDirection
    threshold: float


class MoveDefinition(StrictModel):
    """The move of a reason code: when it applies, what to do, what it should improve and what it costs the reader."""

    when: Annotated[Mapping[str, float], Field(min_length=1)]
    priority: ReasonCode
    effort: ReasonCode
    cooldown_days: Annotated[int, Field(ge=0, le=365)]
    title: Annotated[str, Field(min_length=5)]
    action: Annotated[str, Field(min_length=20)]
    evidence: Annotated[str, Field(min_length=10)]
    trial: str | None = None
    improves: ReasonCode
    effect_from: ReasonCode | None = None

    @property
    def conditions(self) -> tuple[TriggerCondition, ...]:
        """The triggers in the order of the file; the first one's metric has the subjects."""
        return tuple(_parse_condition(name, threshold) for name, threshold in self.when.items())

    @property
    def safe_to_explore(self) -> bool:
        """Whether the move does no harm where its conditions are unknown; it then has a ``trial`` to offer."""
        return self.trial is not None


class ScoreWeights(StrictModel):
    """The weight of each part of a score; they add up to 1."""

    priority: Fraction
    effort: Fraction
    confidence: Fraction
    freshness: Fraction

    @model_validator(mode="after")
    def _check_sum(self) -> "ScoreWeights":
        total = self.priority + self.effort + self.confidence + self.freshness
        if abs(total - 1) > _TOLERANCE:
            raise ValueError(f"the weights of a score must add up to 1, got {total:g}")
        return self


class FeedbackWeights(StrictModel):
    """The weights of a reader's answers, relative to a measured outcome, which has weight 1."""

    accepted: Fraction
    dismissed: Fraction
    self_generated: Fraction


class MovePolicy(StrictModel):
    """How moves are ranked, explored and held back; changing any number requires a new ``version``."""

    version: Annotated[str, Field(min_length=1)]
    score_weights: ScoreWeights
    priorities: Mapping[str, Fraction]
    efforts: Mapping[str, Fraction]
    validation_bonus: Fraction
    validation_below_confidence: Fraction
    freshness_floor: Fraction
    freshness_days: PositiveFloat
    default_limit: PositiveInt
    largest_limit: PositiveInt
    exploration: Fraction
    control: Fraction
    score_exponent: Annotated[float, Field(gt=0, le=10)]
    prior_mean: OpenFraction
    prior_strength: Annotated[float, Field(ge=1)]
    fewest_clients_in_a_prior: Annotated[int, Field(ge=2)]
    dismissed_days: Annotated[int, Field(ge=0)]
    feedback_weights: FeedbackWeights
    interval_level: OpenFraction

    @model_validator(mode="after")
    def _check_limits(self) -> "MovePolicy":
        if self.default_limit > self.largest_limit:
            raise ValueError(
                f"default_limit must be at most largest_limit {self.largest_limit}, got {self.default_limit}"
            )
        return self


class MoveCatalogue(StrictModel):
    """The whole file: the policy, the metrics a context may report, and the moves by reason code."""

    policy: MovePolicy
    metrics: Mapping[ReasonCode, MetricDefinition]
    moves: Mapping[ReasonCode, MoveDefinition]

    @model_validator(mode="after")
    def _check_names(self) -> "MoveCatalogue":
        for code, move in self.moves.items():
            for condition in move.conditions:
                _check_name(condition.metric, self.metrics, f"{code}.when")
            _check_name(move.priority, self.policy.priorities, f"{code}.priority")
            _check_name(move.effort, self.policy.efforts, f"{code}.effort")
            _check_name(move.improves, self.metrics, f"{code}.improves")
            if move.effect_from is not None:
                _check_name(move.effect_from, self.metrics, f"{code}.effect_from")
            self._check_placeholders(code, move)
        return self

    def _check_placeholders(self, code: str, move: MoveDefinition) -> None:
        allowed = {condition.metric for condition in move.conditions} | _ALWAYS_FILLED
        for name in ("title", "action", "evidence"):
            _check_text(getattr(move, name), allowed, f"{code}.{name}")
        _check_text(move.trial or "", {"subject"}, f"{code}.trial")


def _parse_condition(name: str, threshold: float) -> TriggerCondition:
    metric, _, direction = name.rpartition("_")
    if direction not in tuple(TriggerDirection):
        raise ValueError(f"a trigger must end in _above or _below, got {name!r}")
    return TriggerCondition(metric=metric, direction=TriggerDirection(direction), threshold=threshold)


def _check_name(name: str, allowed: Collection[str], location: str) -> None:
    if name not in allowed:
        raise ValueError(f"{location} must name one of {', '.join(sorted(allowed))}, got {name!r}")


def _check_text(text: str, allowed: Collection[str], location: str) -> None:
    try:
        placeholders = [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as exc:
        raise ValueError(f"{location} must have balanced braces, got {text!r}: {exc}") from exc
    for placeholder in placeholders:
        _check_name(placeholder, allowed, f"{location}: {{{placeholder}}}")
