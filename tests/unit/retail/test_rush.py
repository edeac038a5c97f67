"""The definition of a called rush day."""

import pytest
from pydantic import ValidationError

from brain.domain.reports.shop_wording import is_rush_day
from brain.domain.retail.config import ForecastConfig
from brain.domain.retail.rush import RushLevel, classify_rush
from brain.testing.simulations.shop import load_retail_config

CONFIG = load_retail_config()


@pytest.mark.parametrize(
    ("rush_probability", "open_probability", "level"),
    [
        (0.0, 1.0, RushLevel.NONE),
        (0.39, 1.0, RushLevel.NONE),
        (0.4, 1.0, RushLevel.LIKELY),
        (0.59, 1.0, RushLevel.LIKELY),
        (0.6, 1.0, RushLevel.SURE),
        (0.9, 0.49, RushLevel.NONE),
    ],
)
def test_the_thresholds_of_the_configuration_decide(
    rush_probability: float, open_probability: float, level: RushLevel
) -> None:
    """Likely from ``call_rush_at`` on, sure from ``sure_rush_at`` on, never on a day planned as closed."""
    assert classify_rush(rush_probability, open_probability, CONFIG.forecast) is level


def test_a_sure_rush_is_not_below_a_called_one() -> None:
    """The thresholds must be in order."""
    settings = CONFIG.forecast.model_dump() | {"call_rush_at": 0.5, "sure_rush_at": 0.45}
    with pytest.raises(ValidationError, match=r"sure_rush_at must be at least call_rush_at 0\.5, got 0\.45"):
        ForecastConfig.model_validate(settings)


def test_a_report_repeats_the_published_level() -> None:
    """The report has no threshold of its own; a page of an older version without a level calls no rush day."""
    assert is_rush_day({"rush": "likely", "rush_probability": 0.1})
    assert not is_rush_day({"rush": "none", "rush_probability": 0.9})
    assert not is_rush_day({"rush_probability": 0.9})
