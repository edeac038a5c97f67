"""Gold standards: scores calculated by hand that every version of the score and every learned model must reproduce."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self, TypeAlias

from pydantic import Field, TypeAdapter, model_validator

from brain.domain.events import Event, FeedType
from brain.domain.scoring import DEFAULT_WEIGHTS, PlatformHistory, Score, ScoringConfig, Weights, score
from brain.domain.types import StrictModel

AS_OF = datetime(2026, 1, 15, 12, tzinfo=UTC)

Range: TypeAlias = tuple[float, float]
Measure = Literal["overall", "performance", "attention", "confidence"]
ScoreFunction: TypeAlias = Callable[[Event, PlatformHistory, Weights, datetime], Score]

_EVENT = TypeAdapter(Event)


class Scenario(StrictModel):
    """An event of ``hours`` age with what is known of its platform's past; fields not given are unknown."""

    event: Mapping[str, Any]
    history: PlatformHistory = PlatformHistory()
    hours: float = 0.0

    def as_event(self) -> Event:
        """Return the event; raises pydantic's ``ValidationError`` when a field is wrong."""
        occurred_at = AS_OF - timedelta(hours=self.hours)
        identity = {"event_id": "gold", "client_id": "gold", "feed_type": FeedType.CUSTOM}
        return _EVENT.validate_python({**identity, "occurred_at": occurred_at, "received_at": AS_OF, **self.event})


class GoldCase(StrictModel):
    """One standard: ranges of a score's numbers, or of their ratio to another scenario's, and the reason why.

    ``weights`` pins the weights that are not 1, or takes those of the model under test.
    """

    id: str
    why: str = Field(min_length=10)
    weights: Literal["default", "model"] | Mapping[str, float]
    given: Scenario
    compared_with: Scenario | None = None
    expect: Mapping[Measure, Range] = Field(default_factory=dict)
    ratio: Mapping[Measure, Range] = Field(default_factory=dict)
    neutral: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if bool(self.expect) == bool(self.ratio) or bool(self.ratio) != (self.compared_with is not None):
            raise ValueError(f"case {self.id}: give either expect, or compared_with and ratio")
        for low, high in (*self.expect.values(), *self.ratio.values()):
            if not low <= high:
                raise ValueError(f"case {self.id}: the range {low} to {high} is upside down")
        for scenario in (self.given, self.compared_with):
            if scenario:
                scenario.as_event()
        return self


class GoldStandards(StrictModel):
    """The file: named events that cases build on, and the cases."""

    events: Mapping[str, Mapping[str, Any]]
    cases: tuple[GoldCase, ...]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        ids = [case.id for case in self.cases]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"case ids come twice: {', '.join(twice)}")
        return self


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Whether a case was met; ``failures`` say what was expected and what came."""

    case: GoldCase
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def check(
    cases: Sequence[GoldCase], score_function: ScoreFunction, model_weights: Weights = DEFAULT_WEIGHTS
) -> list[CaseResult]:
    """Return a result a case, in order, for the score as it is now and the weights of the model under test."""
    return [CaseResult(case, tuple(_failures(case, score_function, model_weights))) for case in cases]


def failed_ids(results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return the ids of the cases that were not met, as a promotion names them."""
    return tuple(result.case.id for result in results if not result.passed)


def weights_check(cases: Sequence[GoldCase], config: ScoringConfig) -> Callable[[Mapping[str, float]], tuple[str, ...]]:
    """Return what names the standards that a model's weights fail.

    Cases that pin the weights say nothing about a model and are left out.
    """
    about_models = [case for case in cases if case.weights == "model"]

    def scored(event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        return score(event, history, weights, as_of=as_of, config=config)

    return lambda weights: failed_ids(check(about_models, scored, Weights(**weights, version="on trial")))


def _failures(case: GoldCase, score_function: ScoreFunction, model_weights: Weights) -> list[str]:
    weights = _weights(case, model_weights)
    scored = _scored(case.given, score_function, weights)
    failures = [
        f"{measure}: expected {low:g} to {high:g}, got {value:.6g}"
        for measure, (low, high) in case.expect.items()
        if not low <= (value := getattr(scored, measure)) <= high
    ]
    if case.compared_with:
        other = _scored(case.compared_with, score_function, weights)
        for measure, (low, high) in case.ratio.items():
            mine, theirs = getattr(scored, measure), getattr(other, measure)
            quotient = mine / theirs if theirs else math.inf
            if not low <= quotient <= high:
                failures.append(
                    f"{measure}: expected {low:g} to {high:g} times the other's, got {mine:.6g} to {theirs:.6g}"
                )
    if case.neutral is not None and set(case.neutral) != set(scored.neutral):
        wanted, came = ", ".join(case.neutral) or "none", ", ".join(scored.neutral) or "none"
        failures.append(f"neutral components: expected {wanted}, got {came}")
    return failures


def _weights(case: GoldCase, model_weights: Weights) -> Weights:
    if case.weights == "model":
        return model_weights
    return DEFAULT_WEIGHTS if case.weights == "default" else Weights(**dict(case.weights), version="pinned")


def _scored(scenario: Scenario, score_function: ScoreFunction, weights: Weights) -> Score:
    return score_function(scenario.as_event(), scenario.history, weights, AS_OF)
