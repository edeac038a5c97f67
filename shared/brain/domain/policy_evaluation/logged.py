"""The log of a policy: what was shown, with what chance, what it earned, and how another policy would have chosen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from brain.errors import InvalidInputError

LARGEST_REWARD = 1e15
SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True, slots=True)
class LoggedRows:
    """One entry a decision in every column.

    ``propensities`` are the logging policy's chances of the action it took, ``target_probabilities`` those that the
    policy under evaluation gives to the same action in the same context. ``contexts`` are columns known before.
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
        """The importance weights: target probability over propensity; a chance below 1e-12 counts as none."""
        pairs = zip(self.target_probabilities, self.propensities, strict=True)
        return [target / propensity if target >= SMALLEST_PROBABILITY else 0.0 for target, propensity in pairs]


def logged_rows(
    actions: Sequence[str],
    rewards: Sequence[float],
    propensities: Sequence[float],
    target_probabilities: Sequence[float],
    contexts: Mapping[str, Sequence[str]] | None = None,
) -> LoggedRows:
    """Return the columns as a log.

    Raises:
        InvalidInputError: there is no row, columns differ in length, a reward is no number within 1e15, a propensity
            is not above 0 (1e-12) and at most 1, or a target probability not from 0 to 1; rows count from 1.
    """
    columns = {"reward": rewards, "propensity": propensities, "target_probability": target_probabilities}
    if not actions:
        raise InvalidInputError("expected at least one logged decision, got none; export the log with its rows")
    for name, column in {**columns, **(contexts or {})}.items():
        if len(column) != len(actions):
            raise InvalidInputError(
                f"expected {len(actions)} values in column {name}, one an action, got {len(column)}; complete the rows"
            )
    for name, (low, high, advice) in _RANGES.items():
        _refuse_outside(name, columns[name], low, high, advice)
    return LoggedRows(actions, rewards, propensities, target_probabilities, contexts or {})


_RANGES = {
    "reward": (-LARGEST_REWARD, LARGEST_REWARD, "leave out decisions whose reward was not observed"),
    "propensity": (SMALLEST_PROBABILITY, 1.0, "log the chance with which the action was taken, above 0"),
    "target_probability": (0.0, 1.0, "give the chance that the policy to judge has for the logged action"),
}


def _refuse_outside(name: str, column: Sequence[float], low: float, high: float, advice: str) -> None:
    for row, value in enumerate(column, start=1):
        if not low <= value <= high:
            raise InvalidInputError(f"expected {name} from {low:g} to {high:g} in row {row}, got {value}; {advice}")
