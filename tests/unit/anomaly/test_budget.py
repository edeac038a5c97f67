"""The alarm budget's grammar and what it allows."""

import math
from datetime import timedelta

import pytest

from brain.domain.anomaly import AlarmBudget
from brain.domain.anomaly.alarm_limits import AlarmLimits
from brain.domain.anomaly.cadence import infer_cadence
from brain.errors import InvalidInputError
from brain.testing.simulations.series import CONFIG


@pytest.mark.parametrize(
    ("text", "alarms", "per", "again"),
    [
        ("1/30d", 1, timedelta(days=30), "1/30d"),
        (" 0.5/4w ", 0.5, timedelta(weeks=4), "0.5/28d"),
        ("3/36h", 3, timedelta(hours=36), "3/36h"),
        ("2/48h", 2, timedelta(days=2), "2/2d"),
        ("0.00001/999999w", 0.00001, timedelta(weeks=999_999), "0.00001/999999w"),
    ],
)
def test_a_budget_is_alarms_over_a_period(text, alarms, per, again):
    """In hours, days or weeks; its own text reads back as the same budget."""
    budget = AlarmBudget.parse(text)
    assert (budget.alarms, budget.per, str(budget)) == (alarms, per, again)
    assert AlarmBudget.parse(again) == budget


@pytest.mark.parametrize("text", ["", "1", "1/30", "1/d", "-1/30d", "1/30m", "1/1.5d", "1e3/1d", "1/30d\n1", "many/1d"])
def test_other_texts_are_refused_with_an_example(text):
    """The sentence shows the grammar and what came."""
    with pytest.raises(InvalidInputError, match=r"must be ALARMS/PERIOD .*, got .*; use for example 1/30d or 0\.5/4w"):
        AlarmBudget.parse(text)


@pytest.mark.parametrize("text", ["0/30d", "0.0/1w", "1/0d"])
def test_no_budget_is_no_budget(text):
    """Zero alarms or no time is refused."""
    with pytest.raises(InvalidInputError, match="above zero"):
        AlarmBudget.parse(text)


def test_the_share_of_readings_that_may_alarm():
    """One alarm a month is one day in thirty, and never more than every second reading."""
    assert AlarmBudget.parse("1/30d").share_of_readings(86_400) == pytest.approx(1 / 30)
    assert AlarmBudget.parse("1000/30d").share_of_readings(86_400) == 0.5


def test_series_share_a_budget_equally():
    """Twenty series with one alarm a month have a twentieth each; a client without series keeps it whole."""
    assert AlarmBudget.parse("1/30d").split(20) == AlarmBudget.parse("0.05/30d")
    assert AlarmBudget.parse("1/30d").split(0) == AlarmBudget.parse("1/30d")


def test_limits_that_no_block_has_fitted_yet_cannot_be_widened():
    """A series that grows on its first day is as silent afterwards as before."""
    limits = AlarmLimits(1, infer_cadence([], CONFIG), AlarmBudget.parse("1/30d"), CONFIG)
    limits.widen(4.0)
    assert not limits.is_fitted
    assert limits.needed_surprise == math.inf
