"""Gold standards: scores calculated by hand that every version of the score and every learned model must reproduce."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol, Self, TypeAlias

from pydantic import Field, TypeAdapter, model_validator

from brain.domain.events import Event, FeedType
from brain.domain.scoring import DEFAULT_WEIGHTS, PlatformHistory, Score, ScoringConfig, Weights, score
from brain.domain.types import StrictModel

SCORED_AT = datetime(2026, 1, 15, 12, tzinfo=UTC)

ScoreRange: TypeAlias = tuple[float, float]
ScoreMeasure: TypeAlias = Literal["overall", "performance", "attention", "confidence"]

_EVENT = TypeAdapter(Event)


class ScoreFunction(Protocol):
    """A version of the score under test."""

    def __call__(self, event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        """Score an event."""
        ...


class WeightsCheck(Protocol):
    """The gold standards as a check of a model's weights."""

    def __call__(self, weights: Mapping[str, float]) -> tuple[str, ...]:
        """Return the ids of the cases that the weights fail."""
        ...


class Scenario(StrictModel):
    """An event that is ``hours`` old with the history of its platform; fields not listed are unknown."""

    event: Mapping[str, Any]
    history: PlatformHistory = PlatformHistory()
    hours: float = 0.0

    def to_event(self) -> Event:
        """Return the event; raises pydantic's ``ValidationError`` when a field is wrong."""
        occurred_at = SCORED_AT - timedelta(hours=self.hours)
        identity = {"event_id": "gold", "client_id": "gold", "feed_type": FeedType.CUSTOM}
        return _EVENT.validate_python({**identity, "occurred_at": occurred_at, "received_at": SCORED_AT, **self.event})


class GoldCase(StrictModel):
    """One standard: ranges of a score's measures, or of their ratio to another scenario's, and the reason why.

    ``weights`` pins the weights that are not 1, or takes those of the model under test.
    """

    id: str
    why: str = Field(min_length=10)
    weights: Literal["default", "model"] | Mapping[str, float]
    scenario: Scenario = Field(alias="given")
    compared_with: Scenario | None = None
    expect: Mapping[ScoreMeasure, ScoreRange] = Field(default_factory=dict)
    ratio: Mapping[ScoreMeasure, ScoreRange] = Field(default_factory=dict)
    neutral: tuple[str, ...] | None = None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if bool(self.expect) == bool(self.ratio) or bool(self.ratio) != (self.compared_with is not None):
            raise ValueError(f"case {self.id}: expected either expect, or compared_with and ratio, got another mix")
        for low, high in (*self.expect.values(), *self.ratio.values()):
            if not low <= high:
                raise ValueError(f"case {self.id}: a range must be in ascending order, got {low} to {high}")
        for scenario in (self.scenario, self.compared_with):
            if scenario:
                scenario.to_event()
        components = DEFAULT_WEIGHTS.exponents
        if unknown := sorted(set(self.pinned_weights) - set(components)):
            raise ValueError(f"case {self.id}: weights must be of {', '.join(components)}, got {', '.join(unknown)}")
        return self

    @property
    def pinned_weights(self) -> Mapping[str, float]:
        """The weights that the case pins to another value than 1, by component."""
        return {} if isinstance(self.weights, str) else self.weights


class GoldStandards(StrictModel):
    """The file: the cases, each with an id of its own."""

    cases: tuple[GoldCase, ...]

    @model_validator(mode="after")
    def _check_unique_ids(self) -> Self:
        ids = [case.id for case in self.cases]
        duplicates = sorted({case_id for case_id in ids if ids.count(case_id) > 1})
        if duplicates:
            raise ValueError(f"case ids must be unique, got duplicates: {', '.join(duplicates)}")
        return self


@dataclass(frozen=True, slots=True)
class CaseResult:
    """Whether a case passed; ``failures`` say what was expected and what was computed."""

    case: GoldCase
    failures: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.failures


def check_cases(
    cases: Sequence[GoldCase], score_function: ScoreFunction, model_weights: Weights = DEFAULT_WEIGHTS
) -> list[CaseResult]:
    """Check cases against a version of the score and the weights of a model; return one result per case, in order.

    Example:
        >>> from brain.settings.files import load_config
        >>> config = load_config("brain_scoring", ScoringConfig)
        >>> def score_function(event, history, weights, as_of):
        ...     return score(event, history, weights, as_of=as_of, config=config)
        >>> results = check_cases(load_config("brain_benchmarks", GoldStandards).cases, score_function)
        >>> all(case_result.passed for case_result in results)
        True
    """
    return [CaseResult(case, tuple(_list_failures(case, score_function, model_weights))) for case in cases]


def list_failed_ids(results: Sequence[CaseResult]) -> tuple[str, ...]:
    """Return the ids of the cases that failed.

    Example:
        >>> list_failed_ids([])
        ()
    """
    return tuple(case_result.case.id for case_result in results if not case_result.passed)


def build_weights_check(cases: Sequence[GoldCase], config: ScoringConfig) -> WeightsCheck:
    """Return a function that lists the ids of the cases that a model's weights fail.

    Cases that pin the weights say nothing about a model and are left out.

    Example:
        >>> from brain.settings.files import load_config
        >>> cases = load_config("brain_benchmarks", GoldStandards).cases
        >>> check_weights = build_weights_check(cases, load_config("brain_scoring", ScoringConfig))
        >>> check_weights(DEFAULT_WEIGHTS.exponents)
        ()
        >>> "model-more-engagement-is-better" in check_weights({**DEFAULT_WEIGHTS.exponents, "engagement": 0.1})
        True
    """
    model_cases = [case for case in cases if case.weights == "model"]

    def score_with_config(event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        return score(event, history, weights, as_of=as_of, config=config)

    def check_weights(weights: Mapping[str, float]) -> tuple[str, ...]:
        return list_failed_ids(check_cases(model_cases, score_with_config, Weights(**weights, version="on trial")))

    return check_weights


def _list_failures(case: GoldCase, score_function: ScoreFunction, model_weights: Weights) -> list[str]:
    weights = _select_weights(case, model_weights)
    case_score = _score_scenario(case.scenario, score_function, weights)
    failures = [
        f"{measure}: expected {low:g} to {high:g}, got {measured:.6g}"
        for measure, (low, high) in case.expect.items()
        if not low <= (measured := getattr(case_score, measure)) <= high
    ]
    if case.compared_with:
        reference_score = _score_scenario(case.compared_with, score_function, weights)
        failures += _list_ratio_failures(case, case_score, reference_score)
    if case.neutral is not None and set(case.neutral) != set(case_score.neutral):
        expected, actual = ", ".join(case.neutral) or "none", ", ".join(case_score.neutral) or "none"
        failures.append(f"neutral components: expected {expected}, got {actual}")
    return failures


def _list_ratio_failures(case: GoldCase, case_score: Score, reference_score: Score) -> Iterator[str]:
    for measure, (low, high) in case.ratio.items():
        measured, reference = getattr(case_score, measure), getattr(reference_score, measure)
        ratio = measured / reference if reference else math.inf
        if not low <= ratio <= high:
            yield (
                f"{measure}: expected {low:g} to {high:g} times that of the compared scenario, "
                f"got {measured:.6g} against {reference:.6g}"
            )


def _select_weights(case: GoldCase, model_weights: Weights) -> Weights:
    if case.weights == "model":
        return model_weights
    return Weights(**case.pinned_weights, version="pinned") if case.pinned_weights else DEFAULT_WEIGHTS


def _score_scenario(scenario: Scenario, score_function: ScoreFunction, weights: Weights) -> Score:
    return score_function(scenario.to_event(), scenario.history, weights, SCORED_AT)
