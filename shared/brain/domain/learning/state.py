"""The learned state of the score's weights: one immutable value that is saved as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.scoring import Weights
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError

OutcomeCursor = tuple[AwareDatetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningState:
    """The score's weights, the number of outcomes behind them, and their running error.

    ``error_sum / error_mass`` is the moving average of the absolute log error, unbiased from the first outcome.
    ``cursors`` holds the last outcome learned from per client (recorded_at, id). It is not stored here but with each
    client's own weights; documents of a former version had it. ``version`` grows with each save.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    weights: Mapping[str, float]
    outcomes: int = 0
    error_sum: float = 0.0
    error_mass: float = 0.0
    version: int = 0
    cursors: Annotated[Mapping[str, OutcomeCursor], Field(exclude=True)] = field(default_factory=dict)
    schema_version: Literal[1] = 1

    @property
    def average_error(self) -> float:
        """The moving average of the absolute log error; 0 before the first outcome."""
        return self.error_sum / self.error_mass if self.error_mass else 0.0

    def to_weights(self) -> Weights:
        """Return the weights in the form that scoring uses."""
        return Weights(**self.weights, version=f"learned-{self.version}" if self.version else "default")

    def to_document(self) -> dict[str, Any]:
        """Return the state as a JSON document."""
        document: dict[str, Any] = _STATE.dump_python(self, mode="json")
        return document


_STATE = TypeAdapter(LearningState)


def initial_state(config: LearningConfig) -> LearningState:
    """Return the state before anything was learned; use it only for a model that has no document yet."""
    return LearningState(weights=dict.fromkeys(COMPONENTS, config.weights.default))


def state_from_document(document: Mapping[str, Any], config: LearningConfig) -> LearningState:
    """Return the state that ``to_document`` wrote.

    Raises:
        MisconfiguredError: the document has another version or shape, or a weight is out of bounds. Learning never
            restarts from defaults on its own.
    """
    try:
        state = _STATE.validate_python(document)
    except ValidationError as exc:
        raise _invalid_state(explain_validation_error(exc, document="the state")) from exc
    limits = config.weights
    if set(state.weights) != set(COMPONENTS):
        raise _invalid_state(f"weights must be {', '.join(COMPONENTS)}, got {', '.join(sorted(state.weights))}")
    for name, weight in state.weights.items():
        if not limits.minimum <= weight <= limits.maximum:
            raise _invalid_state(f"weight {name} must be from {limits.minimum} to {limits.maximum}, got {weight}")
    return state


def _invalid_state(reason: str) -> MisconfiguredError:
    return MisconfiguredError(f"learned state: {reason}; restore the model's document from its history")
