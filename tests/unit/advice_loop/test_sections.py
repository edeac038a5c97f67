"""The sections on predictions and moves as a reader meets them: in words, short, and honest about what is missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from brain.domain.clients.client import Client
from brain.domain.predictions.outlook import ContentOutlook, GridCell, PredictionGrid
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.reports import predictions, recommendations
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.periodic_reports import build_weekly_report
from brain.domain.reports.report import SectionStatus
from brain.testing.simulations.advice import ANALYSIS
from brain.testing.simulations.posts import MONDAY

AT = datetime(2026, 10, 5, 6, tzinfo=UTC)
GRID_AT = MONDAY + timedelta(days=35)


def bare_facts(days=None):
    """The facts of a client about whom nothing more is known."""
    end = AT.date()
    return ReportFacts(
        client=Client("acme", "Acme"),
        start=end - timedelta(days=1),
        end=end,
        as_of=AT,
        days=days or {},
        incidents=(),
        series_ready=1,
        series_warming=0,
        config=ANALYSIS,
    )


def build_card(**more):
    """A move as it is shown."""
    effect = {
        "metric": "engagement_rate",
        "level": 0.8,
        "estimate": None,
        "lower": None,
        "upper": None,
        "basis": "unknown",
    }
    fields = {
        "id": "rec_1",
        "title": "More of the format video",
        "action": "Turn two posts into videos.",
        "evidence": "Videos bring +30 %.",
        "subject": "video on linkedin",
        "priority": "high",
        "effort": "medium",
        "move_type": "exploit",
        "expected_effect": effect,
    }
    return fields | more


def build_move_record(name="rec_1", **more):
    """A move as it is recorded."""
    return MoveRecord(
        **{
            "recommendation_id": name,
            "reason_code": "format_wins",
            "subject": "video on linkedin",
            "platform": "linkedin",
            "metric": "engagement_rate",
            "title": "More of the format video",
            "period": "2026-W41",
            "shown_at": AT,
            "move_type": "exploit",
            "held_back": False,
            "policy_version": "moves-1",
            "propensity": 0.5,
            "chance": 0.5,
            "chance_even": 0.25,
            "chance_before": 0.5,
            **more,
        }
    )


def build_advice_section(standing, days=None):
    """The section on a standing."""
    return recommendations.build_section(replace(bare_facts(days), advice=standing))


def test_a_move_is_said_with_what_to_do_why_and_what_to_expect():
    """And a table beside it."""
    effect = {"metric": "engagement_rate", "estimate": 0.3, "lower": 0.1, "upper": 0.5, "basis": "best_format_lift"}
    section = build_advice_section(
        AdviceState("2026-W41", (build_card(expected_effect=effect),), (build_move_record(),))
    )
    assert section.lines[0] == "1. More of the format video. Turn two posts into videos."
    assert section.lines[1] == (
        "Why: Videos bring +30 %. Expected: engagement rate +30% (between +10% and +50%), from best format lift."
    )
    assert section.rows == (("1.", "video on linkedin", "high", "medium", "+30% (between +10% and +50%)", "none yet"),)


def test_an_effect_that_rounds_to_nothing_has_no_sign():
    """Neither +0 % nor -0 %."""
    effect = {"metric": "engagement_rate", "estimate": -0.003, "lower": -0.1, "upper": 0.1, "basis": "one outcome"}
    section = build_advice_section(AdviceState("2026-W41", (build_card(expected_effect=effect),), ()))
    assert section.rows[0][4] == "0% (between -10% and +10%)"


def test_a_try_claims_nothing():
    """It says that it is one."""
    section = build_advice_section(
        AdviceState("2026-W41", (build_card(title="A try: publish a video", subject=None),), ())
    )
    assert section.lines[0] == "1. A try: publish a video."
    assert "whether it helps you is not known" in section.lines[1]
    assert section.rows[0][1] == "your content"


def test_what_is_kept_back_is_mentioned_and_not_named():
    """A control that is known is none."""
    section = build_advice_section(
        AdviceState(
            "2026-W41",
            (build_card(),),
            (build_move_record(), build_move_record("rec_2", held_back=True, title="Secret")),
        )
    )
    assert any("one move is kept back" in line for line in section.lines)
    assert not any("Secret" in line for line in section.lines)
    held = tuple(build_move_record(f"rec_{k}", held_back=True) for k in range(2))
    full = {(AT - timedelta(days=1)).date().isoformat(): {"linkedin|photo": {"events": 20}}}
    assert any(
        "2 moves are kept back" in line for line in build_advice_section(AdviceState("2026-W41", (), held), full).lines
    )


@pytest.mark.parametrize(
    ("held", "effect", "words"),
    [(False, 0.12, ("Measured: “More", "12% better")), (True, -0.05, ("Kept back from you", "5% worse"))],
)
def test_outcomes_of_the_week_are_said_in_a_sentence(held, effect, words):
    """Those of moves that were held back too, once they are measured."""
    outcome = {"measured_at": AT, "effect": effect, "standard_error": 0.05}
    (line,) = [
        line
        for line in build_advice_section(
            AdviceState("2026-W43", (build_card(),), (build_move_record(held_back=held, outcome=outcome),))
        ).lines
        if "two weeks after" in line
    ]
    assert all(word in line for word in words)
    old = {**outcome, "measured_at": AT - timedelta(days=8)}
    assert not [
        x
        for x in build_advice_section(AdviceState("2026-W43", (), (build_move_record(outcome=old),))).lines
        if "two weeks after" in x
    ]


def test_no_advice_yet_nothing_to_advise_and_too_little_are_three_things():
    """Each is said."""
    assert "No advice was made yet" in recommendations.build_section(bare_facts()).lines[0]
    day = (AT - timedelta(days=1)).date().isoformat()
    quiet = build_advice_section(AdviceState("2026-W41"), {day: {"linkedin|photo": {"events": 20}}})
    assert (quiet.status, "No move's conditions hold" in quiet.lines[0]) == (SectionStatus.OK, True)
    few = build_advice_section(AdviceState("2026-W41"), {day: {"linkedin|photo": {"events": 3}}})
    assert few.status is SectionStatus.NOT_ENOUGH_DATA
    assert few.lines[0].startswith("Not enough data yet: 3 events in 28 days")


def cell(weekday=0, predicted=100.0, **more):
    """What one hour of the week should bring."""
    low, high = predicted / 2, predicted * 2
    fields = {"content_type": "photo", "hour": 9, "lower": low, "upper": high, "confidence": 0.8, "missing": None}
    return GridCell(platform="linkedin", weekday=weekday, predicted=predicted, **fields | more)


def build_predictions_section(outlook):
    """The section on an outlook."""
    return predictions.build_section(replace(bare_facts(), outlook=outlook))


@pytest.mark.parametrize(
    ("judged", "right", "words"),
    [
        (0, 0, "No content has met its prediction yet"),
        (10, 8, "too few yet to tell"),
        (200, 160, "held 160 of 200 pieces (80%): they can be relied on"),
        (200, 120, "too narrow"),
        (200, 199, "too wide"),
    ],
)
def test_the_record_of_predictions_is_said_as_it_is(judged, right, words):
    """Also where it is bad."""
    section = build_predictions_section(ContentOutlook((PredictionGrid("w", GRID_AT, (cell(),)),), (), judged, right))
    assert words in section.lines[0]


def test_a_row_says_what_a_format_should_bring():
    """At its usual times, the middle of them; open where too few errors are known to bound it."""
    open_ended = cell(0, 50.0, content_type="text", upper=None, lower=None)
    rows = build_predictions_section(
        ContentOutlook((PredictionGrid("w", GRID_AT, (cell(0), cell(1), cell(2, hour=17), open_ended)),))
    ).rows
    assert rows[0] == ("linkedin", "photo", "09:00, 17:00", "100", "50 and 200", "80%")
    assert rows[1][4] == "0 and any number"


def test_the_best_time_is_named_where_it_matters():
    """And where nothing but chance differs, nothing is said."""
    cells = (cell(0), cell(1), cell(2, 180.0, hour=17))
    lines = build_predictions_section(ContentOutlook((PredictionGrid("w", GRID_AT, cells),))).lines
    assert lines[-1] == "Most is expected of photo on linkedin on Wed at 17:00: 180 instead of 100 engagements."
    assert (
        len(build_predictions_section(ContentOutlook((PredictionGrid("w", GRID_AT, (cell(0), cell(1))),))).lines) == 1
    )


def test_what_predictions_lack_is_said_once():
    """The first thing; and the date where there is none at all."""
    lacking = build_predictions_section(
        ContentOutlook((PredictionGrid("w", GRID_AT, (cell(missing="a column would help"), cell(1, missing="other"))),))
    )
    assert lacking.lines[1] == "What the predictions lack: a column would help."
    assert len(build_predictions_section(ContentOutlook()).lines) == 1
    needed = build_predictions_section(ContentOutlook(shortage="not enough data yet: 5 observations"))
    assert (needed.status, needed.lines[-1]) == (
        SectionStatus.NOT_ENOUGH_DATA,
        "Not enough data yet: 5 observations.",
    )
    assert predictions.build_section(bare_facts()).status is SectionStatus.NOT_ENOUGH_DATA


def test_a_part_that_failed_marks_its_sections_and_no_other():
    """The reader is told, and what it would have said is not made up."""
    report = build_weekly_report(
        replace(bare_facts(), failed_sections=frozenset({"policy"})), lambda _name, _error: None
    )
    states = {part.name: part.status for part in report.sections}
    assert states["policy"] is SectionStatus.FAILED
    assert states["recommendations"] is SectionStatus.NOT_ENOUGH_DATA
