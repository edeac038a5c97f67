"""How content of one kind usually starts and usually ends, so that one piece of it can be told from the rest."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from brain.domain.learning.outcome_rule import Usual as Rule


@dataclass(frozen=True, slots=True)
class Usual:
    """Moving means over content of a kind that has matured, all in logs.

    ``first`` is of the first score as it was shown, ``standing`` of the matured score under neutral weights, ``logs``
    of the first score's components; ``errors`` are the latest absolute errors of the predictions, oldest first.
    """

    content: int = 0
    first: float = 0.0
    standing: float = 0.0
    logs: Mapping[str, float] = field(default_factory=dict)
    errors: tuple[float, ...] = ()

    def after(
        self, first: float, standing: float, logs: Mapping[str, float], error: float | None, rule: Rule
    ) -> "Usual":
        """Return what is usual once another piece of content has matured; the oldest fade out."""
        rate = 1 / min(self.content + 1, rule.remembered)
        errors = self.errors if error is None else (*self.errors, abs(error))[-rule.remembered :]
        return replace(
            self,
            content=self.content + 1,
            first=_moved(self.first, first, rate),
            standing=_moved(self.standing, standing, rate),
            logs={name: _moved(self.logs.get(name, 0.0), value, rate) for name, value in logs.items()},
            errors=errors,
        )

    def reach(self, coverage: float) -> float | None:
        """Return how far the next error stays within, with the probability ``coverage``; None with too few errors.

        The order statistic of split conformal prediction (Vovk et al. 2005), over errors that were really made.
        """
        rank = math.ceil((len(self.errors) + 1) * coverage)
        return sorted(self.errors)[rank - 1] if 0 < rank <= len(self.errors) else None


def _moved(mean: float, value: float, rate: float) -> float:
    return mean + rate * (value - mean)
