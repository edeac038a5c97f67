"""What a model has learned so far, as one value that is saved whole or not at all."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import COMPONENTS
from brain.domain.scoring import Weights
from brain.errors import MisconfiguredError

Cursor = tuple[AwareDatetime, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningState:
    """Weights of the score with the count and the running error of the outcomes behind them.

    ``error_sum / error_mass`` is the moving average of the absolute log error, unbiased from the first outcome.
    ``cursors`` holds each client's last outcome learned from (when recorded, id), ``version`` grows with each save.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    weights: Mapping[str, float]
    outcomes: int = 0
    error_sum: float = 0.0
    error_mass: float = 0.0
    version: int = 0
    cursors: Mapping[str, Cursor] = field(default_factory=dict)
    schema_version: Literal[1] = 1

    @property
    def average_error(self) -> float:
        """The moving average of the absolute log error; 0 before the first outcome."""
        return self.error_sum / self.error_mass if self.error_mass else 0.0

    def as_weights(self) -> Weights:
        """Return the weights as the score reads them."""
        return Weights(**self.weights, version=f"learned-{self.version}" if self.version else "default")

    def to_document(self) -> dict[str, Any]:
        """Return the state as plain values for a document."""
        document: dict[str, Any] = _STATE.dump_python(self, mode="json")
        return document


_STATE = TypeAdapter(LearningState)


def first_state(config: LearningConfig) -> LearningState:
    """Return the state before anything was learned; only for a model that has no document yet."""
    return LearningState(weights=dict.fromkeys(COMPONENTS, config.weights.default))


def read_state(document: Mapping[str, Any], config: LearningConfig) -> LearningState:
    """Return the state that ``to_document`` wrote.

    Raises:
        MisconfiguredError: the document is of another version or shape, or a weight is out of its bounds; learning
            never restarts from defaults by itself.
    """
    try:
        state = _STATE.validate_python(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        raise _unreadable(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from exc
    limits = config.weights
    if set(state.weights) != set(COMPONENTS):
        raise _unreadable(f"its weights are {', '.join(sorted(state.weights))}")
    for name, weight in state.weights.items():
        if not limits.minimum <= weight <= limits.maximum:
            raise _unreadable(f"weight {name} is {weight}")
    return state


def _unreadable(what: str) -> MisconfiguredError:
    return MisconfiguredError(
        f"the learned state cannot be read ({what}); restore the model's document from its history"
    )
