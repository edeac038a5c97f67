"""Alarms in sentences."""

from datetime import timedelta

import pytest

from brain.domain.anomaly.wording import Extremes, describe_rarity, explain_alarm, format_number


@pytest.mark.parametrize(
    ("value", "text"), [(0.123456, "0.123"), (12.345, "12.3"), (999.4, "999"), (1234.5, "1,234"), (-56789.0, "-56,789")]
)
def test_numbers_have_the_digits_a_person_reads(value, text):
    """Three digits below a thousand, whole numbers above."""
    assert format_number(value) == text


@pytest.mark.parametrize(
    ("beyond", "text"),
    [(0, "about once in 30 days"), (2, "about once in 222 days"), (4, "about once in 4 years"), (9, "not once in ten")],
)
def test_rarity_is_told_in_days_then_years(beyond, text):
    """From the budget's own period on."""
    assert text in describe_rarity(timedelta(days=30), beyond)


def test_an_alarm_says_what_was_expected_what_came_and_how_unusual():
    """A record is named; without one, a run of readings or the rarity alone."""
    extremes = Extremes()
    for value in (100.0, 150.0):
        extremes.add(value)
    band = (80.0, 120.0, 160.0)
    for value, reason in (
        (3.0, "lower than any of the 2 readings before, rare"),
        (300.0, "higher than any of the 2 readings before, rare"),
        (130.0, "unusual together with the readings just before, rare"),
        (75.0, "lower than any of the 2 readings before, rare"),
    ):
        assert (
            explain_alarm(value, band, extremes, "rare")
            == f"expected 120 (80 to 160), got {format_number(value)}: {reason}"
        )
    extremes.add(0.0)
    assert explain_alarm(75.0, band, extremes, "rare") == "expected 120 (80 to 160), got 75: rare"
