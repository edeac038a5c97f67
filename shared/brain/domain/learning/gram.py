"""Sufficient statistics of outcomes for least squares: sums that add up over outcomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from brain.domain.learning.outcome_rule import MoveType
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome

SIZE = len(COMPONENTS)


@dataclass(frozen=True, slots=True)
class Gram:
    """Weighted sums over outcomes for a regression of the targets ``y`` on the components ``X``.

    ``products`` is X'X (components by components), ``targets`` X'y, ``target_power`` y'y and ``mass`` the sum of the
    outcomes' weights.
    """

    products: tuple[tuple[float, ...], ...]
    targets: tuple[float, ...]
    target_power: float
    mass: float

    def __add__(self, other: "Gram") -> "Gram":
        rows = zip(self.products, other.products, strict=True)
        return Gram(
            tuple(tuple(a + b for a, b in zip(row, other_row, strict=True)) for row, other_row in rows),
            tuple(a + b for a, b in zip(self.targets, other.targets, strict=True)),
            self.target_power + other.target_power,
            self.mass + other.mass,
        )

    def scale(self, factor: float) -> "Gram":
        """Return the sums with the weight of every outcome multiplied by ``factor``."""
        return Gram(
            tuple(tuple(factor * product for product in row) for row in self.products),
            tuple(factor * target for target in self.targets),
            factor * self.target_power,
            factor * self.mass,
        )

    def to_list(self) -> list[float]:
        """Return the sums as a flat list for a document."""
        return [*(product for row in self.products for product in row), *self.targets, self.target_power, self.mass]

    @classmethod
    def from_list(cls, sums: Sequence[float]) -> "Gram":
        """Return the sums that ``to_list`` wrote; raises ``ValueError`` for another length."""
        if len(sums) != SIZE * SIZE + SIZE + 2:
            raise ValueError(f"expected {SIZE * SIZE + SIZE + 2} sums, got {len(sums)}")
        rows = tuple(tuple(sums[k : k + SIZE]) for k in range(0, SIZE * SIZE, SIZE))
        *targets, target_power, mass = sums[SIZE * SIZE :]
        return cls(rows, tuple(targets), target_power, mass)

    def squared_error(self, weights: Sequence[float]) -> float:
        """Return the weighted sum of squared log errors under ``weights``, in the order of ``COMPONENTS``."""
        fitted = sum(weights[j] * weights[k] * self.products[j][k] for j in range(SIZE) for k in range(SIZE))
        return max(self.target_power - 2 * sum(w * t for w, t in zip(weights, self.targets, strict=True)) + fitted, 0.0)


EMPTY = Gram(((0.0,) * SIZE,) * SIZE, (0.0,) * SIZE, 0.0, 0.0)


def sum_outcomes(outcomes: Iterable[ScoreOutcome], move_weights: Mapping[MoveType, float]) -> Gram:
    """Return the sums over ``outcomes``, each weighted by the type of its move."""
    total = EMPTY
    for outcome in outcomes:
        logs = [outcome.components[name] for name in COMPONENTS]
        weight, target = move_weights[outcome.move], outcome.target
        total += Gram(
            tuple(tuple(weight * a * b for b in logs) for a in logs),
            tuple(weight * target * a for a in logs),
            weight * target * target,
            weight,
        )
    return total


def fit_bounded(
    sums: Gram, centre: Sequence[float], penalty_mass: float, low: float, high: float, *, sweeps: int = 500
) -> list[float]:
    """Return the weights within ``low`` and ``high`` that minimise the penalised squared error.

    A ridge penalty pulls each weight to ``centre`` as strongly as ``penalty_mass`` outcomes of the usual size of its
    component. Coordinate descent finds the unique minimum of a convex quadratic within a box (Tseng 2001). A weight
    whose component never varied stays at the centre.
    """
    weights = list(centre)
    pull = [penalty_mass * sums.products[k][k] / sums.mass for k in range(SIZE)]
    for _ in range(sweeps):
        largest_step = 0.0
        for k in range(SIZE):
            curvature = sums.products[k][k] + pull[k]
            if curvature <= 0:
                continue
            others = sum(sums.products[k][j] * weights[j] for j in range(SIZE) if j != k)
            weight = (sums.targets[k] - others + pull[k] * centre[k]) / curvature
            weight = min(max(weight, low), high)
            largest_step = max(largest_step, abs(weight - weights[k]))
            weights[k] = weight
        if largest_step < 1e-10:  # noqa: PLR2004 - far below what a score can show
            break
    return weights
