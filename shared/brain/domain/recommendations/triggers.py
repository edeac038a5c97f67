"""The catalogue of moves as ``config/triggers.yaml`` states it, checked when it is loaded and never later."""

import string
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, StringConstraints, model_validator

from brain.domain.types import Fraction, StrictModel

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,63}$")]
_ALWAYS_FILLED = frozenset({"subject", "threshold"})
_ROUNDING = 1e-9


class Direction(StrEnum):
    """On which side of its threshold a trigger is met; the threshold itself counts."""

    ABOVE = "above"
    BELOW = "below"


class Unit(StrEnum):
    """How a metric is written for a reader."""

    COUNT = "count"
    FRACTION = "fraction"
    HOURS = "hours"
    LIFT = "lift"
    MONEY = "money"
    RATIO = "ratio"


class Metric(StrictModel):
    """A metric that a context may report: what it measures and how it is written."""

    unit: Unit
    meaning: Annotated[str, Field(min_length=10)]


class Condition(StrictModel):
    """One trigger, such as ``click_rate_below: 0.01``."""

    metric: Code
    direction: Direction
    threshold: float


class Move(StrictModel):
    """A reason code: when it applies, what to do, what it should change and what it costs the reader."""

    when: Annotated[Mapping[str, float], Field(min_length=1)]
    priority: Code
    effort: Code
    cooldown_days: Annotated[int, Field(ge=0, le=365)]
    title: Annotated[str, Field(min_length=5)]
    action: Annotated[str, Field(min_length=20)]
    evidence: Annotated[str, Field(min_length=10)]
    trial: str | None = None
    improves: Code
    effect_from: Code | None = None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The triggers in the order of the file; the first one's metric carries the subjects."""
        return tuple(_condition(name, threshold) for name, threshold in self.when.items())

    @property
    def safe_to_explore(self) -> bool:
        """Whether it does no harm where its condition is not known: it then has a ``trial`` to offer."""
        return self.trial is not None


class ScoreWeights(StrictModel):
    """What each part counts for in a score; together 1."""

    priority: Fraction
    effort: Fraction
    confidence: Fraction
    freshness: Fraction

    @model_validator(mode="after")
    def _add_up(self) -> "ScoreWeights":
        if abs(self.priority + self.effort + self.confidence + self.freshness - 1) > _ROUNDING:
            raise ValueError("the weights of a score add up to 1")
        return self


class FeedbackWeights(StrictModel):
    """What a reader's answer counts for beside a measured outcome, which counts 1."""

    accepted: Fraction
    dismissed: Fraction
    self_generated: Fraction


class Policy(StrictModel):
    """How moves are ranked, explored and held back; a change of any number is a new ``version``."""

    version: Annotated[str, Field(min_length=1)]
    score_weights: ScoreWeights
    priorities: Mapping[str, Fraction]
    efforts: Mapping[str, Fraction]
    validation_bonus: Fraction
    validation_below_confidence: Fraction
    freshness_floor: Fraction
    freshness_days: Annotated[float, Field(gt=0)]
    default_limit: Annotated[int, Field(ge=1)]
    largest_limit: Annotated[int, Field(ge=1)]
    exploration: Fraction
    control: Fraction
    score_exponent: Annotated[float, Field(gt=0, le=10)]
    prior_mean: Annotated[float, Field(gt=0, lt=1)]
    prior_strength: Annotated[float, Field(ge=1)]
    fewest_clients_in_a_prior: Annotated[int, Field(ge=2)]
    dismissed_days: Annotated[int, Field(ge=0)]
    feedback_weights: FeedbackWeights
    interval_level: Annotated[float, Field(gt=0, lt=1)]


class Triggers(StrictModel):
    """The whole file: the policy, the metrics a context may report, and the moves by reason code."""

    policy: Policy
    metrics: Mapping[Code, Metric]
    moves: Mapping[Code, Move]

    @model_validator(mode="after")
    def _every_name_is_known(self) -> "Triggers":
        for code, move in self.moves.items():
            for condition in move.conditions:
                _known(condition.metric, self.metrics, f"{code}.when")
            _known(move.priority, self.policy.priorities, f"{code}.priority")
            _known(move.effort, self.policy.efforts, f"{code}.effort")
            _known(move.improves, self.metrics, f"{code}.improves")
            if move.effect_from is not None:
                _known(move.effect_from, self.metrics, f"{code}.effect_from")
            used = {condition.metric for condition in move.conditions} | _ALWAYS_FILLED
            for text in (move.title, move.action, move.evidence):
                for field in _fields(text):
                    _known(field, used, f"{code}: the text {text!r}")
            for field in _fields(move.trial or ""):
                _known(field, {"subject"}, f"{code}.trial")
        return self


def _condition(name: str, threshold: float) -> Condition:
    metric, _, direction = name.rpartition("_")
    if direction not in tuple(Direction):
        raise ValueError(f"the trigger {name!r} must end in _above or _below")
    return Condition(metric=metric, direction=Direction(direction), threshold=threshold)


def _known(name: str, names: Mapping[str, Any] | set[str] | frozenset[str], where: str) -> None:
    if name not in names:
        raise ValueError(f"{where} names {name!r}, which is not one of {', '.join(sorted(names))}")


def _fields(text: str) -> list[str]:
    try:
        return [field for _, field, _, _ in string.Formatter().parse(text) if field is not None]
    except ValueError as exc:
        raise ValueError(f"the text {text!r} of an action, title, evidence or trial has a loose brace: {exc}") from exc
