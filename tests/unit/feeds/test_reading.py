"""Figures are read in every spelling, unknown stays unknown, and each bad field has its sentence."""

from datetime import UTC, datetime
from typing import Any

import pytest

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.reading import MICROS, Reading, lowered, mapping, number, sequence, text, whole
from brain.errors import InvalidInputError

AT = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("49", 49),
        ("144.", 144),
        ("0.22", 0.22),
        (".5", 0.5),
        ("1e3", 1000),
        ("-3", -3),
        ("+4", 4),
        (3.0, 3),
        (2.5, 2.5),
        (7, 7),
        ("9007199254740993", 9007199254740993),
        (" 12 ", 12),
        ("1e20", 1e20),
    ],
)
def test_a_number_is_read_in_every_spelling(written: Any, expected: float) -> None:
    """Texts, int64 texts, trailing points and exponents are the numbers they spell."""
    assert number(written) == expected


@pytest.mark.parametrize("written", [None, "", "-", "--", "N/A", "null", "NaN", "(not set)", " - "])
def test_providers_ways_to_say_unknown_are_unknown(written: Any) -> None:
    """None of them is 0."""
    assert number(written) is None


@pytest.mark.parametrize(
    "written", [True, "1,234", "1.234,5", "12%", "twelve", [], {}, float("nan"), float("inf"), "٣", "9" * 40, "1e999"]
)
def test_what_is_no_number_is_refused(written: Any) -> None:
    """A truth value, a separator that could mean two things, and digits of other scripts are not read."""
    with pytest.raises(InvalidInputError, match="expected a number"):
        number(written)


@pytest.mark.parametrize("written", ["12.5", 12.5])
def test_half_a_count_is_a_misread_column(written: Any) -> None:
    """Counts are whole; only amounts have fractions."""
    with pytest.raises(InvalidInputError, match="whole number"):
        whole(written)


def test_a_sum_of_parts_is_unknown_only_when_all_are() -> None:
    """Reposts without quotes are still shares; neither is unknown, not 0."""
    reading = Reading({})
    reading.total("shares", {"retweet_count": 3, "quote_count": None}, "retweet_count", "quote_count")
    reading.total("likes", {"a": None}, "a", "b")
    reading.total("comments", None, "a")
    assert reading.metrics == {"shares": 3}


def test_the_first_name_that_reports_wins_and_micros_are_divided() -> None:
    """A column that is there but empty does not hide the next; costs in millionths come out in the currency's unit."""
    reading = Reading({})
    reading.count("clicks", {"inline_link_clicks": "", "clicks": "7"}, "inline_link_clicks", "clicks")
    reading.amount("spend", {"costMicros": "36150000"}, "costMicros", unit=MICROS)
    reading.amount("revenue", {}, "value")
    reading.put("views", None)
    reading.put("opens", 2)
    assert reading.metrics == {"clicks": 7, "spend": 36.15, "opens": 2}


def test_every_bad_field_has_its_sentence_and_no_value_is_repeated() -> None:
    """The sender learns what to change, and nobody's data is echoed."""
    reading = Reading({})
    reading.count("likes", {"likes": "ada@example.org"}, "likes")
    reading.count("views", {"views": 1.5}, "views")
    reading.count("opens", {"opens": [1]}, "opens")
    assert reading.time({"at": "18/11/2026"}, "at") is None
    outcome = reading.outcome(FeedType.EMAIL, AT)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "invalid_field"
    assert [part.split(":")[0] for part in outcome.message.split("; ")][:3] == ["likes", "views", "opens"]
    assert "ada@" not in outcome.message
    assert "18/11" not in outcome.message


def test_an_item_without_a_time_is_rejected_not_dated_now() -> None:
    """TRAP: a missing time must not become the time of reading."""
    outcome = Reading({}).outcome(FeedType.EMAIL, None)
    assert isinstance(outcome, Rejected)
    assert outcome.error_code == "missing_time"


def test_an_item_that_is_read_is_a_draft_of_itself() -> None:
    """The raw payload is the item unless the feed says otherwise."""
    item = {"a": 1}
    outcome = Reading(item).outcome(FeedType.EMAIL, AT)
    assert isinstance(outcome, Draft)
    assert outcome.raw is item


def test_absent_parts_report_nothing() -> None:
    """An absent list is empty, an absent object has no fields, and identifiers may be numbers."""
    assert (sequence(None), mapping([1]), text(5), text("  "), text(True), text([]), lowered({"A": 1})) == (
        [],
        {},
        "5",
        None,
        None,
        None,
        {"a": 1},
    )
