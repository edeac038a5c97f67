"""A template turns a signal into exactly the days it asks about."""

from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from brain.domain.retail.curiosity.config import CuriosityConfig, QuestionTemplate, SignalTransformation
from brain.domain.retail.curiosity.daily_signals import check_signal_names
from brain.domain.retail.curiosity.transformations import count_spells, transform_signal
from brain.errors import MisconfiguredError

CONFIG = Path(__file__).parents[3] / "config" / "hypotheses.yaml"
THURSDAY = np.datetime64("2026-01-01")
NAN = np.nan


def template(window: tuple[int, int] = (0, 0), **transformation: object) -> QuestionTemplate:
    """A question about rain."""
    return QuestionTemplate(
        id="a_question",
        question="Does it move sales?",
        signal="weather.precipitation_mm",
        transformation=SignalTransformation.model_validate(transformation),
        window=window,
    )


def days_of(readings: list[float], question: QuestionTemplate) -> list[float]:
    """What the template makes of readings from Thursday, 1 January 2026 on."""
    signal = np.array(readings)
    return transform_signal(question, signal, THURSDAY + np.arange(len(signal))).tolist()


@pytest.mark.parametrize(
    ("readings", "question", "expected"),
    [
        ([0, 1, 5, 0.5], template(above=1), [0, 1, 1, 0]),
        ([0, 1, 5, 0.5], template(below=1), [1, 0, 0, 1]),
        ([0, 4, 8, 8, 3], template(rise=4), [NAN, 1, 1, 0, 0]),
        ([0, 4, 8, 8, 3], template(fall=4), [NAN, 0, 0, 0, 1]),
        ([2, 2, 2, 0, 2, 2], template(above=1, spell=2), [NAN, 1, 1, 0, 0, 1]),
        ([2, 2, 0, 0, 2, 0], template(below=1, first_after=2), [NAN, NAN, 1, 0, 0, 0]),
        ([2, 2, 2, 2, 2], template(above=1, days="weekend"), [0, 0, 1, 1, 0]),
        ([2, 2, 2, 2, 2], template(above=1, days="workday"), [1, 1, 0, 0, 1]),
        ([2, NAN, 2, 2, 2], template(above=1, days="weekend"), [0, NAN, 1, 1, 0]),
        ([2, 0, 0, 0], template((1, 1), above=1), [NAN, 1, 0, 0]),
        ([0, 0, 2, 0], template((-1, -1), above=1), [0, 1, 0, NAN]),
        ([2, 0, 0, 0, 0], template((1, 3), above=1), [NAN, NAN, NAN, 1, 0]),
        ([2, 0], template((5, 5), above=1), [NAN, NAN]),
        ([0, NAN, 2], template(above=1), [0, NAN, 1]),
        ([0, 1, 1, 0], template(), [0, 1, 1, 0]),
        ([3, 3, 3], template(), [0, 0, 0]),
        ([NAN, NAN], template(), [NAN, NAN]),
        ([1, 2, 3], template(unusually_high=1), [NAN, NAN, NAN]),
    ],
)
def test_a_signal_becomes_the_days_that_are_asked_about(
    readings: list[float], question: QuestionTemplate, expected: list[float]
) -> None:
    """Limits, runs, weekdays and windows; what is not known is neither yes nor no."""
    assert days_of(readings, question) == pytest.approx(expected, nan_ok=True)


def test_a_reading_without_a_limit_counts_in_its_own_standard_deviations() -> None:
    """So that effects of rain and of degrees can be read side by side, and one storm does not decide."""
    readings = [*np.random.default_rng(0).standard_normal(999), 1e6]
    transformed = np.array(days_of(readings, template()))
    assert transformed.std() == pytest.approx(1)
    assert transformed.max() < 4


def test_unusual_means_for_the_season() -> None:
    """A cool summer day is unusual although it is warmer than any winter's."""
    days = np.arange(730)
    usual = 10 - 10 * np.cos(2 * np.pi * days / 365.25)
    readings = usual + np.random.default_rng(0).standard_normal(730)
    readings[180] -= 8
    transformed = days_of(readings.tolist(), template(unusually_low=3))
    assert transformed[180] == 1
    assert sum(transformed) < 5
    assert days_of([5.0] * 100, template(unusually_high=1)) == [0] * 100


def test_spells_are_counted_by_their_beginnings() -> None:
    """A run of days is one occurrence."""
    assert count_spells(np.array([1, 1, 0, NAN, 1, 0, 0, 1.0])) == 3
    assert count_spells(np.array([0.0, 0])) == 0


def test_the_questions_we_ship_are_forty_at_least_and_name_signals_that_exist() -> None:
    """The file under config/ is what runs every night."""
    config = CuriosityConfig.model_validate(yaml.safe_load(CONFIG.read_text(encoding="utf-8")))
    check_signal_names(question.signal for question in config.templates)
    assert len(config.templates) >= 40


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"transformation": {"above": 1, "below": 2}}, "at most one threshold"),
        ({"window": [2, 1]}, "must not end before it begins"),
        ({"signal": "moon.phase"}, "pattern"),
    ],
)
def test_a_question_that_makes_no_sense_is_refused(change: dict[str, object], message: str) -> None:
    """The message says what is wrong with it."""
    with pytest.raises(ValidationError, match=message):
        QuestionTemplate.model_validate({"id": "x", "question": "Does it rain?", "signal": "weather.snow"} | change)


def test_two_questions_of_one_name_are_refused() -> None:
    """The name is what the ledger remembers a question by."""
    parsed = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    with pytest.raises(ValidationError, match="more than one of rain"):
        CuriosityConfig.model_validate(parsed | {"templates": parsed["templates"][:1] * 2})


def test_a_signal_that_does_not_exist_is_named() -> None:
    """A typing mistake in the configuration is found before the night begins; classes of events are free."""
    with pytest.raises(MisconfiguredError, match=r"calendar\.full_moon"):
        check_signal_names(["weather.snow", "event.circus", "calendar.full_moon"])
