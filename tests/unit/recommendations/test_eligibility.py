"""Which moves may be shown: thresholds, unknowns, rests, answers, harm, and scores."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.recommendations.advice_cases import CATALOGUE, NOW, context, days_ago

from brain.domain.recommendations.candidates import compute_freshness, rank_candidates
from brain.domain.recommendations.catalogue import TriggerCondition, TriggerDirection
from brain.domain.recommendations.conditions import ConditionStatus, evaluate_condition
from brain.domain.recommendations.context import MetricReading
from brain.domain.recommendations.recommendation_ids import derive_recommendation_id

LOW_CLICKS = {"click_rate": 0.01}


def _rank_code(advice_context, code):
    eligible, excluded = rank_candidates(advice_context, CATALOGUE)
    candidates = [candidate for candidate in eligible if candidate.reason_code == code]
    return (candidates[0] if candidates else None), [each.reason for each in excluded if each.reason_code == code]


@pytest.mark.parametrize(
    ("direction", "value", "verdict"),
    [
        (TriggerDirection.ABOVE, 2.0, ConditionStatus.HOLDS),
        (TriggerDirection.ABOVE, 1.9, ConditionStatus.FAILS),
        (TriggerDirection.BELOW, 2.0, ConditionStatus.HOLDS),
        (TriggerDirection.BELOW, 2.1, ConditionStatus.FAILS),
        (TriggerDirection.BELOW, 0.0, ConditionStatus.HOLDS),
        (TriggerDirection.BELOW, None, ConditionStatus.UNKNOWN),
        (TriggerDirection.ABOVE, None, ConditionStatus.UNKNOWN),
    ],
)
def test_a_threshold_met_exactly_counts_and_an_absent_metric_never_does(direction, value, verdict):
    """0 is a value; unknown is unknown."""
    assert (
        evaluate_condition(
            TriggerCondition(metric="spend", direction=direction, threshold=2.0), MetricReading(value=value)
        )
        is verdict
    )


def test_no_reading_is_unknown():
    """A metric that was not reported meets no trigger and fails none."""
    assert (
        evaluate_condition(TriggerCondition(metric="spend", direction=TriggerDirection.BELOW, threshold=2.0), None)
        is ConditionStatus.UNKNOWN
    )


def test_nothing_known_leaves_only_moves_that_do_no_harm():
    """For a client of whom nothing is known, every candidate is safe and unknown."""
    eligible, excluded = rank_candidates(context(), CATALOGUE)
    assert eligible
    assert all(c.conditions is ConditionStatus.UNKNOWN and c.move.safe_to_explore for c in eligible)
    assert any("may do harm" in each.reason for each in excluded)


def test_one_failed_condition_decides_and_one_unknown_prevents():
    """A move with two triggers needs both."""
    assert _rank_code(context({"spend": 60.0, "conversions": 3}), "ad_spends_for_nothing")[1] == [
        "its conditions are not met"
    ]
    assert "not known: conversions" in _rank_code(context({"spend": 60.0}), "ad_spends_for_nothing")[1][0]
    assert (
        _rank_code(context({"spend": 50.0, "conversions": 0}), "ad_spends_for_nothing")[0].conditions
        is ConditionStatus.HOLDS
    )


def test_each_subject_of_a_metric_is_a_candidate_of_its_own():
    """Two formats that win are two pieces of advice with two ids."""
    lifts = {"best_format_lift": [{"subject": "video", "value": 0.4}, {"subject": "photo", "value": 0.3}]}
    eligible, _ = rank_candidates(context(lifts), CATALOGUE)
    wins = [candidate for candidate in eligible if candidate.reason_code == "format_wins"]
    assert {candidate.subject for candidate in wins} == {"video", "photo"}
    assert len({candidate.recommendation_id for candidate in wins}) == 2


def test_the_score_is_the_weighted_sum():
    """Medium priority 0.5, low effort 1, confidence 0.9, fresh 1."""
    candidates, _ = _rank_code(context({"click_rate": {"value": 0.01, "confidence": 0.9}}), "email_clicks_low")
    assert candidates.score == pytest.approx(0.35 * 0.5 + 0.25 * 1 + 0.25 * 0.9 + 0.15 * 1)
    assert not candidates.is_validation


def test_weak_evidence_makes_a_validation_move_with_a_bonus():
    """Below 0.6 confidence a move is worth checking; at 0.6 it is not weak."""
    weak, _ = _rank_code(context({"click_rate": {"value": 0.01, "confidence": 0.59}}), "email_clicks_low")
    sure, _ = _rank_code(context({"click_rate": {"value": 0.01, "confidence": 0.6}}), "email_clicks_low")
    assert (weak.is_validation, sure.is_validation) == (True, False)
    assert weak.score - sure.score == pytest.approx(0.1 - 0.25 * 0.01)


@given(st.floats(min_value=0, max_value=1000))
def test_freshness_falls_from_one_to_a_half_in_a_week(days):
    """Straight down over seven days, and never below the floor."""
    value = compute_freshness(timedelta(days=days), CATALOGUE.policy)
    assert value == pytest.approx(max(0.5, 1 - 0.5 * days / 7))


def test_freshness_is_that_of_the_evidence_and_not_of_the_advice():
    """Evidence of a week ago is half as fresh, though the advice is made now."""
    candidates, _ = _rank_code(context({"click_rate": {"value": 0.01, "observed_at": days_ago(7)}}), "email_clicks_low")
    assert candidates.freshness == pytest.approx(0.5)


def test_the_same_advice_has_the_same_id_and_other_advice_another():
    """Client, reason, subject and period make the id; an empty subject is not none."""
    ids = {
        derive_recommendation_id(client, reason, subject, period)
        for client in ("acme", "bolt")
        for reason in ("format_wins", "hour_wins")
        for subject in (None, "", "video")
        for period in ("2026-W48", "2026-W49")
    }
    assert len(ids) == 24
    assert derive_recommendation_id("acme", "format_wins", None, "2026-W48") in ids


def _past(days, *, period, **more):
    name = derive_recommendation_id("acme", "email_clicks_low", None, period)
    return {"recommendation_id": name, "reason_code": "email_clicks_low", "shown_at": days_ago(days), **more}


def test_a_move_rests_after_it_was_shown_and_comes_back():
    """Fourteen days of rest: not on the thirteenth, again on the fourteenth."""
    resting = context(LOW_CLICKS, history=[_past(13, period="2026-W46")])
    back = context(LOW_CLICKS, history=[_past(14, period="2026-W46")])
    assert _rank_code(resting, "email_clicks_low")[1] == ["shown on 2026-11-10, rests until 2026-11-24"]
    assert _rank_code(back, "email_clicks_low")[0] is not None


def test_a_second_run_of_the_same_period_may_show_the_same_again():
    """What this period has shown already is the same advice, not a repetition."""
    again = context(LOW_CLICKS, history=[_past(0.1, period="2026-W48")])
    assert _rank_code(again, "email_clicks_low")[0] is not None


@pytest.mark.parametrize(
    ("status", "until", "why"),
    [
        ("dismissed", None, "dismissed on 2026-10-24"),
        ("snoozed", (NOW + timedelta(days=1)).isoformat(), "snoozed until 2026-11-24"),
        ("snoozed", days_ago(1), None),
        ("accepted", None, None),
        ("done", None, None),
    ],
)
def test_an_answer_to_earlier_advice_is_respected(status, until, why):
    """Dismissed rests for weeks, snoozed until its time, accepted and done only for the usual rest."""
    past = _past(40, period="2026-W42")
    answer = {"recommendation_id": past["recommendation_id"], "status": status, "at": days_ago(30), "until": until}
    candidates, excluded = _rank_code(context(LOW_CLICKS, history=[past], feedback=[answer]), "email_clicks_low")
    assert (candidates is None) == (why is not None)
    assert why is None or excluded[0].startswith(why)


def test_only_the_newest_answer_counts():
    """A dismissal that was taken back is no dismissal."""
    past = _past(40, period="2026-W42")
    answers = [
        {"recommendation_id": past["recommendation_id"], "status": "accepted", "at": days_ago(20)},
        {"recommendation_id": past["recommendation_id"], "status": "dismissed", "at": days_ago(30)},
    ]
    assert _rank_code(context(LOW_CLICKS, history=[past], feedback=answers), "email_clicks_low")[0] is not None


def test_what_is_done_in_this_period_is_not_shown_again():
    """An answer to this very advice needs no history to count; one to other advice changes nothing."""
    own = derive_recommendation_id("acme", "email_clicks_low", None, "2026-W48")
    answers = [
        {"recommendation_id": "rec_other", "status": "dismissed", "at": days_ago(1)},
        {"recommendation_id": own, "status": "done", "at": days_ago(1)},
    ]
    assert _rank_code(context(LOW_CLICKS, feedback=answers), "email_clicks_low")[1] == ["done on 2026-11-22"]
    assert _rank_code(context(LOW_CLICKS, feedback=answers[:1]), "email_clicks_low")[0] is not None


def test_a_move_that_did_harm_here_is_neither_shown_nor_explored():
    """A measured effect that is surely below 0 ends it; one that may be 0 does not."""
    harm = {"measured_at": days_ago(20), "effect": -0.3, "standard_error": 0.1}
    noise = harm | {"effect": -0.05}
    harmed = context(LOW_CLICKS, history=[_past(40, period="2026-W42", outcome=harm)])
    unsure = context(LOW_CLICKS, history=[_past(40, period="2026-W42", outcome=noise)])
    assert _rank_code(harmed, "email_clicks_low")[1] == ["its measured effect here was below 0"]
    assert _rank_code(unsure, "email_clicks_low")[0] is not None
