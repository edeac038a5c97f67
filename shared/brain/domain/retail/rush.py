"""The one definition of a called rush day, shared by the calendar's advice, published pages and reports.

The sales that make a day a rush, and the probability of one, come from :mod:`brain.domain.retail.forecast.rush_days`.
"""

from enum import StrEnum
from typing import Final

from brain.domain.retail.config import ForecastConfig

OPEN_FROM: Final = 0.5
"""A day with a lower probability of opening is planned as closed."""


class RushLevel(StrEnum):
    """How sure a rush is: none called, likely (have one more person on call), or sure (plan full staff)."""

    NONE = "none"
    LIKELY = "likely"
    SURE = "sure"


def classify_rush(rush_probability: float, open_probability: float, config: ForecastConfig) -> RushLevel:
    """Return the rush level of a day by the thresholds of the configuration; none for a day planned as closed."""
    if open_probability < OPEN_FROM or rush_probability < config.call_rush_at:
        return RushLevel.NONE
    return RushLevel.SURE if rush_probability >= config.sure_rush_at else RushLevel.LIKELY
