"""The alarm budget's grammar and what it allows."""

from datetime import timedelta

import pytest

from brain.domain.anomaly import AlarmBudget
from brain.errors import InvalidInputError


@pytest.mark.parametrize(
    ("text", "alarms", "per", "again"),
    [
        ("1/30d", 1, timedelta(days=30), "1/30d"),
        (" 0.5/4w ", 0.5, timedelta(weeks=4), "0.5/28d"),
        ("3/36h", 3, timedelta(hours=36), "3/36h"),
        ("2/48h", 2, timedelta(days=2), "2/2d"),
    ],
)
def test_a_budget_is_alarms_over_a_period(text, alarms, per, again):
    """In hours, days or weeks; its own text reads back as the same budget."""
    budget = AlarmBudget.parse(text)
    assert (budget.alarms, budget.per, budget.text) == (alarms, per, again)
    assert AlarmBudget.parse(again) == budget


@pytest.mark.parametrize("text", ["", "1", "1/30", "1/d", "-1/30d", "1/30m", "1/1.5d", "1e3/1d", "1/30d\n1", "many/1d"])
def test_other_texts_are_refused_with_an_example(text):
    """The sentence shows the grammar and what came."""
    with pytest.raises(InvalidInputError, match=r"such as 1/30d or 0\.5/4w; got"):
        AlarmBudget.parse(text)


@pytest.mark.parametrize("text", ["0/30d", "0.0/1w", "1/0d"])
def test_no_budget_is_no_budget(text):
    """Zero alarms or no time is refused."""
    with pytest.raises(InvalidInputError, match="above zero"):
        AlarmBudget.parse(text)


def test_the_share_of_readings_that_may_alarm():
    """One alarm a month is one day in thirty, and never more than every second reading."""
    assert AlarmBudget().per_reading(86_400) == pytest.approx(1 / 30)
    assert AlarmBudget(1000).per_reading(86_400) == 0.5
