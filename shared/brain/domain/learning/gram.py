"""What outcomes say about the weights, as sums that add up over outcomes: all that least squares needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from brain.domain.learning.outcome_rule import MoveType
from brain.domain.learning.outcomes import COMPONENTS, Outcome

SIZE = len(COMPONENTS)


@dataclass(frozen=True, slots=True)
class Gram:
    """Weighted sums over outcomes: components by components, components by target, target squared, and the weight."""

    products: tuple[tuple[float, ...], ...]
    targets: tuple[float, ...]
    power: float
    mass: float

    def __add__(self, other: "Gram") -> "Gram":
        products = zip(self.products, other.products, strict=True)
        return Gram(
            tuple(tuple(a + b for a, b in zip(mine, theirs, strict=True)) for mine, theirs in products),
            tuple(a + b for a, b in zip(self.targets, other.targets, strict=True)),
            self.power + other.power,
            self.mass + other.mass,
        )

    def scaled(self, share: float) -> "Gram":
        """Return the sums as if every outcome counted ``share`` times what it did."""
        return Gram(
            tuple(tuple(share * value for value in row) for row in self.products),
            tuple(share * value for value in self.targets),
            share * self.power,
            share * self.mass,
        )

    def flat(self) -> list[float]:
        """Return the sums as one list, which a document can hold; ``from_flat`` reads it."""
        return [*(value for row in self.products for value in row), *self.targets, self.power, self.mass]

    @classmethod
    def from_flat(cls, values: Sequence[float]) -> "Gram":
        """Return the sums that ``flat`` listed; raises ``ValueError`` for a list of another length."""
        if len(values) != SIZE * SIZE + SIZE + 2:
            raise ValueError(f"expected {SIZE * SIZE + SIZE + 2} sums, got {len(values)}")
        rows = tuple(tuple(values[k : k + SIZE]) for k in range(0, SIZE * SIZE, SIZE))
        *targets, power, mass = values[SIZE * SIZE :]
        return cls(rows, tuple(targets), power, mass)

    def squared_error(self, weights: Sequence[float]) -> float:
        """Return the weighted sum of squared log errors under ``weights``, in the order of ``COMPONENTS``."""
        fitted = sum(weights[j] * weights[k] * self.products[j][k] for j in range(SIZE) for k in range(SIZE))
        return max(self.power - 2 * sum(w * t for w, t in zip(weights, self.targets, strict=True)) + fitted, 0.0)


NOTHING = Gram(((0.0,) * SIZE,) * SIZE, (0.0,) * SIZE, 0.0, 0.0)


def gram(outcomes: Iterable[Outcome], move_weights: Mapping[MoveType, float]) -> Gram:
    """Return the sums over ``outcomes``, each counted by the kind of its move."""
    total = NOTHING
    for outcome in outcomes:
        logs = [outcome.components[name] for name in COMPONENTS]
        share, target = move_weights[outcome.move], outcome.target
        total += Gram(
            tuple(tuple(share * a * b for b in logs) for a in logs),
            tuple(share * target * a for a in logs),
            share * target * target,
            share,
        )
    return total


def bounded_fit(
    sums: Gram, centre: Sequence[float], penalty_mass: float, low: float, high: float, *, sweeps: int = 500
) -> list[float]:
    """Return the weights within bounds that minimise the squared error, held to ``centre``.

    The pull to the centre on each weight is worth ``penalty_mass`` outcomes of the usual size of its component.
    Coordinate descent, which for a convex quadratic within a box finds the one minimum (Tseng 2001); a weight whose
    component never varied stays at the centre.
    """
    weights = list(centre)
    pull = [penalty_mass * sums.products[k][k] / sums.mass for k in range(SIZE)]
    for _ in range(sweeps):
        largest = 0.0
        for k in range(SIZE):
            curvature = sums.products[k][k] + pull[k]
            if curvature <= 0:
                continue
            others = sum(sums.products[k][j] * weights[j] for j in range(SIZE) if j != k)
            found = (sums.targets[k] - others + pull[k] * centre[k]) / curvature
            found = min(max(found, low), high)
            largest = max(largest, abs(found - weights[k]))
            weights[k] = found
        if largest < 1e-10:  # noqa: PLR2004 - far below what a score can show
            break
    return weights
