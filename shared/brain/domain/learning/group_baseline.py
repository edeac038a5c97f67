"""How content of one comparison group usually starts and ends, against which a single piece is compared."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated

from pydantic import Field

from brain.domain.learning.outcome_rule import BaselineRule


@dataclass(frozen=True, slots=True)
class GroupBaseline:
    """Moving means over the group's matured content, all of log scores; stored under the aliases.

    ``first_log`` is the mean of the first scores as shown, ``matured_log`` of the matured scores under neutral
    weights, ``component_logs`` of the first scores' components. ``errors`` are the latest absolute log errors of the
    predictions, oldest first.
    """

    count: Annotated[int, Field(alias="content")] = 0
    first_log: Annotated[float, Field(alias="first")] = 0.0
    matured_log: Annotated[float, Field(alias="standing")] = 0.0
    component_logs: Annotated[Mapping[str, float], Field(alias="logs")] = field(default_factory=dict)
    errors: tuple[float, ...] = ()

    def update(
        self,
        first_log: float,
        matured_log: float,
        component_logs: Mapping[str, float],
        error: float | None,
        rule: BaselineRule,
    ) -> "GroupBaseline":
        """Return the baseline after another piece of content has matured; the oldest content fades out."""
        rate = 1 / min(self.count + 1, rule.remembered)
        errors = self.errors if error is None else (*self.errors, abs(error))[-rule.remembered :]
        return replace(
            self,
            count=self.count + 1,
            first_log=_update_mean(self.first_log, first_log, rate),
            matured_log=_update_mean(self.matured_log, matured_log, rate),
            component_logs={
                name: _update_mean(self.component_logs.get(name, 0.0), component_log, rate)
                for name, component_log in component_logs.items()
            },
            errors=errors,
        )

    def error_bound(self, coverage: float) -> float | None:
        """Return the bound that the next absolute log error stays below with probability ``coverage``.

        The order statistic of split conformal prediction (Vovk et al. 2005) over past errors; None with too few.
        """
        rank = math.ceil((len(self.errors) + 1) * coverage)
        return sorted(self.errors)[rank - 1] if 0 < rank <= len(self.errors) else None


def _update_mean(mean: float, new: float, rate: float) -> float:
    return mean + rate * (new - mean)
