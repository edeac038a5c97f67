"""A first score is a prediction: when it is one, when it meets its observation, and what it is compared with."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.learning.first_score import build_first_score, compute_ageless_logs
from brain.domain.learning.group_baseline import GroupBaseline
from brain.domain.learning.observation import ExclusionReason, MaturedContent, build_outcome_id, observe
from brain.domain.learning.outcome_register import MAX_WEEKS, OutcomeRegister, register_from_document
from brain.domain.learning.outcome_rule import compute_maturity_age
from brain.domain.learning.outcomes import outcome_from_document
from brain.domain.scoring import Weights, score
from brain.errors import MisconfiguredError
from brain.testing.simulations.agency import LEARNING_CONFIG, SCORING, START, simulate_post

RULE = LEARNING_CONFIG.outcomes
RECORDED_AT = START + timedelta(days=3)


def score_event(event, hours=2.0, weights=None):
    """Return an event's score some hours after midnight."""
    return score(event, weights=weights or Weights(), as_of=START + timedelta(hours=hours), config=SCORING)


def content(number=0, *, seen_hours=20.0, **world):
    """Return matured content of the world of posts."""
    early, late = simulate_post("acme", 0, number, 1, **world)
    last = score_event(late, 21)
    return MaturedContent(
        client_id="acme",
        event_id=early.event_id,
        first=build_first_score(early, score_event(early), RULE, SCORING),
        seen_at=None if seen_hours is None else START + timedelta(hours=seen_hours),
        components=last.components,
        neutral=last.neutral,
    )


def observe_all(contents, baselines=None):
    """Return the observation of each piece of content in turn, and the baselines after it."""
    baselines, observations = dict(baselines or {}), []
    for piece in contents:
        observation = observe(piece, baselines, RECORDED_AT, RULE, SCORING)
        if observation.baseline:
            baselines[piece.first.comparison_group] = observation.baseline
        observations.append(observation)
    return observations, baselines


@pytest.mark.parametrize(
    ("platform", "hours"),
    [("twitter", 10.5), ("facebook", 15.4), ("instagram", 19.2), ("elsewhere", 23.0), (None, 23.0), ("linkedin", 168)],
)
def test_content_is_mature_when_age_has_taken_all_it_takes_or_after_a_week(platform, hours):
    """Where T′ meets its floor by the platform's decay; a feed seldom tells more after a week."""
    assert compute_maturity_age(platform, RULE, SCORING).total_seconds() / 3600 == pytest.approx(hours, abs=0.05)


def test_a_first_score_keeps_what_was_known_then():
    """The moment, the shown score, the logs of its components, and what it may be compared with."""
    early, _ = simulate_post("acme", 0, 0, 1)
    first_shown = score_event(early)
    first = build_first_score(early, first_shown, RULE, SCORING)
    assert (first.scored_at, first.performance, first.comparison_group) == (
        START + timedelta(hours=2),
        first_shown.performance,
        "twitter|under 2 h|engagement",
    )
    assert set(first.component_logs) == {"engagement", "impressions", "growth", "authenticity", "quality"}
    timeless = math.log(SCORING.scale) + sum(first.component_logs.values())
    assert math.exp(timeless) == pytest.approx(first_shown.performance)


@pytest.mark.parametrize(
    ("changes", "hours"), [({"engagements": None}, 2), ({"audience_size": None}, 2), ({}, 11.6), ({}, 300)]
)
def test_what_comes_too_late_or_tells_no_engagement_predicts_nothing(changes, hours):
    """A number that was known already is no prediction."""
    early, _ = simulate_post("acme", 0, 0, 1)
    event = replace(early, **changes)
    assert build_first_score(event, score_event(event, hours), RULE, SCORING) is None


def test_a_score_for_a_time_before_the_event_was_known_is_a_prediction_from_then_on():
    """An hourly run may meet events that came while it ran."""
    early, _ = simulate_post("acme", 0, 0, 1)
    event = replace(early, received_at=START + timedelta(hours=3))
    assert build_first_score(event, score_event(event, 2), RULE, SCORING).scored_at == event.received_at


@pytest.mark.parametrize(("age_hours", "named"), [(0.2, "under 2 h"), (3.9, "under 4 h"), (4, "under 8 h")])
def test_content_is_compared_with_content_of_its_age(age_hours, named):
    """Ages are told apart by doublings: counters grow fast while content is young."""
    event, _ = simulate_post("acme", 0, 0, 1)
    event = replace(event, platform=None, occurred_at=START, received_at=START)
    first = build_first_score(event, score_event(event, age_hours), RULE, SCORING)
    assert first.comparison_group == f"custom|{named}|engagement"


def test_the_first_ten_of_a_kind_teach_what_is_usual_and_the_next_is_compared_with_them():
    """That all counters grow by the same is no error; only what differs from the usual is."""
    observations, _ = observe_all([content(k, noise=0.0) for k in range(12)])
    assert [m.excluded for m in observations[:10]] == [ExclusionReason.NEW_GROUP] * 10
    outcome = observations[10].outcome
    assert outcome.predicted == pytest.approx(outcome.observed, rel=0.05)
    assert observations[10].interval is None, "no error was made yet that an interval could rest on"
    assert outcome_from_document(outcome.to_document(), RULE) == outcome
    assert outcome.components["temporal"] == 0.0, "no outcome speaks about age"


def test_the_observation_is_the_matured_score_under_neutral_weights():
    """Whatever was learned when the content was first scored, it means the same."""
    baselines = observe_all([content(k) for k in range(10)])[1]
    early, late = simulate_post("acme", 0, 10, 1)
    odd = build_first_score(early, score_event(early, weights=Weights(engagement=3.0, version="odd")), RULE, SCORING)
    plain = content(10)
    for first in (odd, plain.first):
        outcome = observe(replace(plain, first=first), baselines, RECORDED_AT, RULE, SCORING).outcome
        assert outcome.observed == pytest.approx(score_event(late, 21).performance)


def test_an_interval_holds_what_comes_as_often_as_it_says():
    """80 % of 400 posts, give or take what 400 draws may."""
    observations, _ = observe_all([content(k, slope=0.6) for k in range(430)])
    held = [m.interval[0] <= m.outcome.observed <= m.interval[1] for m in observations if m.interval]
    assert len(held) > 400
    assert sum(held) / len(held) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seen_at": None}, ExclusionReason.NOT_SEEN_AGAIN),
        ({"seen_at": START + timedelta(hours=6.5)}, ExclusionReason.SEEN_TOO_EARLY),
        ({"seen_at": START + timedelta(hours=2)}, ExclusionReason.SEEN_TOO_EARLY),
        ({"neutral": ("growth",)}, ExclusionReason.OTHER_COUNTERS),
    ],
)
def test_content_that_nobody_watched_to_maturity_is_left_out(changes, reason):
    """It is not known to stand where it stood, and says nothing about what is usual either."""
    observation = observe(replace(content(), **changes), {}, RECORDED_AT, RULE, SCORING)
    assert (observation.excluded, observation.outcome, observation.baseline) == (reason, None, None)


def test_kinds_beyond_the_limit_are_left_out():
    """A sender that names ten thousand platforms fills no document."""
    many = {f"kind {k}": GroupBaseline(count=20) for k in range(RULE.usual.kinds)}
    piece = content()
    assert observe(piece, many, RECORDED_AT, RULE, SCORING).excluded is ExclusionReason.TOO_MANY_GROUPS
    assert observe(piece, {**many, piece.first.comparison_group: GroupBaseline()}, RECORDED_AT, RULE, SCORING).baseline


def test_an_outcome_is_named_by_its_prediction():
    """The same prediction has one outcome; another prediction of the same content has its own."""
    assert build_outcome_id("e1", START) == build_outcome_id("e1", START)
    assert len({build_outcome_id("e1", START), build_outcome_id("e2", START), build_outcome_id("e1", RECORDED_AT)}) == 3


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=80))
def test_what_is_usual_stays_within_what_came(values):
    """A moving mean leaves no bounds, and remembers a bounded number of errors."""
    baseline = GroupBaseline()
    for value in values:
        baseline = baseline.update(value, value, {"growth": value}, value, RULE.usual)
    for mean in (baseline.first_log, baseline.matured_log, baseline.component_logs["growth"]):
        assert min(values) - 1e-9 <= mean <= max(values) + 1e-9
    assert len(baseline.errors) <= RULE.usual.remembered


def test_an_interval_needs_enough_errors_for_its_promise():
    """With three errors no order statistic reaches 80 %."""
    assert GroupBaseline(errors=(0.1, 0.2, 0.3)).error_bound(0.8) is None
    assert GroupBaseline(errors=(0.1, 0.4, 0.2, 0.3)).error_bound(0.8) == 0.4


def test_a_register_survives_its_document_and_refuses_another():
    """Nothing starts over because a document is broken."""
    observations, _ = observe_all([content(k) for k in range(30)])
    register = OutcomeRegister()
    for observation in observations:
        register = register.add(observation, "kind")
    document = register.to_document()
    assert register_from_document(document) == register
    assert register_from_document(json.loads(json.dumps(document, default=str))) == register
    assert register.outcome_count == 20
    assert register.excluded == {"first_of_its_kind": 10}
    assert sum(count.intervals for count in register.coverage_by_week.values()) == 16
    assert register_from_document({}) == OutcomeRegister()
    with pytest.raises(MisconfiguredError, match="register of outcomes"):
        register_from_document({**document, "recorded": "many"})


def test_recordings_never_go_back_in_time():
    """A run for an earlier hour that comes late records after what is there, or the learner would pass it over."""
    later = OutcomeRegister(last_recorded_at=RECORDED_AT)
    assert later.next_recorded_at(START) > RECORDED_AT
    assert later.next_recorded_at(RECORDED_AT + timedelta(hours=1)) == RECORDED_AT + timedelta(hours=1)
    assert OutcomeRegister().next_recorded_at(START) == START


def test_half_a_year_of_weeks_is_kept():
    """Older records of being right make room."""
    observations, _ = observe_all([content(k) for k in range(20)])
    observation, register = observations[-1], OutcomeRegister()
    for week in range(40):
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=week)
        register = register.add(replace(observation, outcome=replace(observation.outcome, observed_at=at)), "kind")
    assert len(register.coverage_by_week) == MAX_WEEKS
    assert min(register.coverage_by_week) == "2026-W16"


def test_the_logs_of_a_score_leave_age_out():
    """They are the terms that a weight multiplies."""
    assert compute_ageless_logs(score_event(simulate_post("acme", 0, 0, 1)[0]).components, SCORING)["growth"] == 0.0
