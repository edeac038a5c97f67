"""The log of a policy: actions, propensities, rewards, and the probabilities of the policy under evaluation."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from brain.errors import InvalidInputError

LARGEST_REWARD = 1e15
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """One decision per index in every column.

    ``propensities`` are the logging policy's probabilities of the actions it took, ``target_probabilities`` those that
    the policy under evaluation gives to the same actions in the same contexts. ``contexts`` are columns that were
    known before the decisions, by name.
    """

    actions: Sequence[str]
    rewards: Sequence[float]
    propensities: Sequence[float]
    target_probabilities: Sequence[float]
    contexts: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.actions)

    @property
    def weights(self) -> list[float]:
        """The importance weights: target probability over propensity; a probability below 1e-12 counts as 0."""
        pairs = zip(self.target_probabilities, self.propensities, strict=True)
        return [target / propensity if target >= SMALLEST_PROBABILITY else 0.0 for target, propensity in pairs]


def build_policy_log(
    actions: Sequence[str],
    rewards: Sequence[float],
    propensities: Sequence[float],
    target_probabilities: Sequence[float],
    contexts: Mapping[str, Sequence[str]] | None = None,
) -> PolicyLog:
    """Return the validated columns as a log; rows in messages count from 1.

    Raises:
        InvalidInputError: there is no row, columns differ in length, a reward is not within ±1e15, a propensity is
            not from 1e-12 to 1, or a target probability is not from 0 to 1.

    >>> log = build_policy_log(["a", "b"], rewards=[1.0, 0.0], propensities=[0.5, 0.5], target_probabilities=[0.9, 0.1])
    >>> log.weights
    [1.8, 0.2]
    """
    columns = {"reward": rewards, "propensity": propensities, "target_probability": target_probabilities}
    if not actions:
        raise InvalidInputError("expected at least one logged decision, got none; export the log with its rows")
    for name, column in {**columns, **(contexts or {})}.items():
        if len(column) != len(actions):
            raise InvalidInputError(
                f"column {name} must have {len(actions)} values, one per action, got {len(column)}; complete the rows"
            )
    for name, (low, high, advice) in _RANGES.items():
        _require_range(name, columns[name], low, high, advice)
    return PolicyLog(actions, rewards, propensities, target_probabilities, contexts or {})


_RANGES = {
    "reward": (-LARGEST_REWARD, LARGEST_REWARD, "leave out decisions whose reward was not observed"),
    "propensity": (SMALLEST_PROBABILITY, 1.0, "log the probability with which the action was taken, above 0"),
    "target_probability": (0.0, 1.0, "give the probability of the logged action under the policy to evaluate"),
}


def _require_range(name: str, column: Sequence[float], low: float, high: float, advice: str) -> None:
    for row, number in enumerate(column, start=1):
        if not low <= number <= high:
            raise InvalidInputError(f"{name} must be from {low:g} to {high:g}, got {number} in row {row}; {advice}")
