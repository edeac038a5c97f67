"""An outcome: a prediction that met its observation, in the terms that the score's weights learn from."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.outcome_rule import MoveType, OutcomeRule
from brain.errors import InvalidInputError

COMPONENTS = ("engagement", "impressions", "growth", "authenticity", "quality", "temporal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What was predicted and what came, both as scores (V') above 0.

    ``components`` are the logs of the score's components with their fixed exponents, so that the predicted log score
    under weights w is ``constant + sum(w[k] * components[k])``. ``recorded_at`` is when the Brain learned of it.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    outcome_id: str
    client_id: str
    predicted_at: AwareDatetime
    observed_at: AwareDatetime
    recorded_at: AwareDatetime
    predicted: float
    observed: float
    components: Mapping[str, float]
    constant: float
    move: MoveType = MoveType.EXPLOIT

    @property
    def target(self) -> float:
        """The log of what was observed, less the part that no weight can change."""
        return math.log(self.observed) - self.constant

    def to_document(self) -> dict[str, Any]:
        """Return the outcome as plain values for a document."""
        document: dict[str, Any] = _OUTCOME.dump_python(self, mode="json")
        return document


_OUTCOME = TypeAdapter(Outcome)


def read_outcome(document: Mapping[str, Any], rule: OutcomeRule) -> Outcome:
    """Return the outcome that a document or a request describes.

    Raises:
        InvalidInputError: a field is missing or wrong, a component unknown, a score not above 0, or the observation
            comes too soon after the prediction or lies in the future of its recording.
    """
    try:
        outcome = _OUTCOME.validate_python(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise InvalidInputError(f"expected an outcome; {'.'.join(map(str, first['loc']))}: {first['msg']}") from exc
    if set(outcome.components) != set(COMPONENTS):
        raise InvalidInputError(
            f"expected the components {', '.join(COMPONENTS)}; got {', '.join(sorted(outcome.components)) or 'none'}"
        )
    if min(outcome.predicted, outcome.observed) <= 0:
        raise InvalidInputError(
            f"expected predicted and observed scores above 0, got {outcome.predicted} and {outcome.observed}"
        )
    if outcome.observed_at - outcome.predicted_at < timedelta(minutes=rule.minimum_wait_minutes):
        raise InvalidInputError(
            f"expected an observation at least {rule.minimum_wait_minutes:g} minutes after its prediction; "
            "a number that was known already is no outcome"
        )
    if outcome.observed_at > outcome.recorded_at:
        raise InvalidInputError("expected an observation from the past, got one after the time of its recording")
    return outcome


def log_error(outcome: Outcome, weights: Mapping[str, float]) -> float:
    """Return predicted minus observed log score under ``weights``: 0.1 is about 10 % too high."""
    explained = math.fsum(weights[name] * outcome.components[name] for name in COMPONENTS)
    return explained - outcome.target


def error_by_component(outcome: Outcome, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the log error divided among the components; the parts add up to it.

    Each takes its share of the smallest change of the weights that would undo the error (the projection of Kaczmarz
    1937), which goes with the square of its log. With all logs 0 no weight could have helped and all parts are 0.
    """
    error = log_error(outcome, weights)
    power = math.fsum(outcome.components[name] ** 2 for name in COMPONENTS)
    return {name: error * outcome.components[name] ** 2 / power if power else 0.0 for name in COMPONENTS}
