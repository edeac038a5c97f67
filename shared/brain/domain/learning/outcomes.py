"""An outcome of a score: what was predicted, what was observed, and the terms that the weights multiply."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.outcome_rule import MoveType, OutcomeRule
from brain.domain.types import explain_validation_error
from brain.errors import InvalidInputError

COMPONENTS = ("engagement", "impressions", "growth", "authenticity", "quality", "temporal")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreOutcome:
    """A predicted and an observed score (V'), both above 0.

    ``components`` are the logs of the score's components with their fixed exponents, so that the predicted log score
    under weights w is ``constant + sum(w[k] * components[k])``. ``recorded_at`` is when the outcome was stored.
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
        """The log of the observed score minus the part that no weight can change."""
        return math.log(self.observed) - self.constant

    def to_document(self) -> dict[str, Any]:
        """Return the outcome as a document."""
        return asdict(self) | {"move": str(self.move)}


_OUTCOME = TypeAdapter(ScoreOutcome)


def outcome_from_document(document: Mapping[str, Any], rule: OutcomeRule) -> ScoreOutcome:
    """Return the outcome that a document or a request describes.

    Raises:
        InvalidInputError: a field is missing or invalid, a component is unknown, a score is not above 0, or the
            observation is too soon after the prediction or later than its recording.
    """
    try:
        outcome = _OUTCOME.validate_python(document)
    except ValidationError as exc:
        raise InvalidInputError(f"outcome: {explain_validation_error(exc, document='the outcome')}") from exc
    if set(outcome.components) != set(COMPONENTS):
        raise InvalidInputError(
            f"components must be {', '.join(COMPONENTS)}, got {', '.join(sorted(outcome.components)) or 'none'}"
        )
    if min(outcome.predicted, outcome.observed) <= 0:
        raise InvalidInputError(
            f"predicted and observed scores must be above 0, got {outcome.predicted} and {outcome.observed}"
        )
    if outcome.observed_at - outcome.predicted_at < timedelta(minutes=rule.minimum_wait_minutes):
        raise InvalidInputError(
            f"observed_at must be at least {rule.minimum_wait_minutes:g} minutes after predicted_at, got "
            f"{outcome.observed_at.isoformat()} after {outcome.predicted_at.isoformat()}; "
            "leave out values that were known when the prediction was made"
        )
    if outcome.observed_at > outcome.recorded_at:
        raise InvalidInputError(
            f"observed_at must not be later than recorded_at, got {outcome.observed_at.isoformat()} "
            f"after {outcome.recorded_at.isoformat()}"
        )
    return outcome


def recording_order(outcome: ScoreOutcome) -> tuple[AwareDatetime, str, str]:
    """Return the sort key that makes learning independent of the order within a batch."""
    return outcome.recorded_at, outcome.client_id, outcome.outcome_id


def log_error(outcome: ScoreOutcome, weights: Mapping[str, float]) -> float:
    """Return the predicted minus the observed log score under ``weights``: 0.1 is about 10 % too high."""
    explained = math.fsum(weights[name] * outcome.components[name] for name in COMPONENTS)
    return explained - outcome.target


def split_error(outcome: ScoreOutcome, weights: Mapping[str, float]) -> dict[str, float]:
    """Return the log error divided among the components; the parts add up to it.

    Each component gets its share of the smallest change of the weights that would undo the error (the projection of
    Kaczmarz 1937), proportional to the square of its log. If all logs are 0, no weight could help and all parts are 0.
    """
    error = log_error(outcome, weights)
    power = math.fsum(outcome.components[name] ** 2 for name in COMPONENTS)
    return {name: error * outcome.components[name] ** 2 / power if power else 0.0 for name in COMPONENTS}
