"""A first score is a prediction: when it is one, when it meets its observation, and what it is compared with."""

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.learning_loop.agency_worlds import LEARNING_CONFIG, SCORING, START, post

from brain.domain.learning.first_score import first_score, maturity, timeless_logs
from brain.domain.learning.meeting import LeftOut, Matured, meet, outcome_id
from brain.domain.learning.outcomes import read_outcome
from brain.domain.learning.register import WEEKS_KEPT, Register, read_register
from brain.domain.learning.usual import Usual
from brain.domain.scoring import Weights, score
from brain.errors import MisconfiguredError

RULE = LEARNING_CONFIG.outcomes
RECORDED_AT = START + timedelta(days=3)


def scored(event, hours=2.0, weights=None):
    """Return an event's score some hours after midnight."""
    return score(event, weights=weights or Weights(), as_of=START + timedelta(hours=hours), config=SCORING)


def content(number=0, *, seen_hours=20.0, **world):
    """Return matured content of the world of posts."""
    early, late = post("acme", 0, number, 1, **world)
    last = scored(late, 21)
    return Matured(
        client_id="acme",
        event_id=early.event_id,
        first=first_score(early, scored(early), RULE, SCORING),
        seen_at=None if seen_hours is None else START + timedelta(hours=seen_hours),
        components=last.components,
        neutral=last.neutral,
    )


def met_after(contents, usual=None):
    """Return what became of each piece of content in turn, each compared with those before it."""
    known, found = dict(usual or {}), []
    for one in contents:
        met = meet(one, known, RECORDED_AT, RULE, SCORING)
        if met.usual:
            known[one.first.kind] = met.usual
        found.append(met)
    return found, known


@pytest.mark.parametrize(
    ("platform", "hours"),
    [("twitter", 10.5), ("facebook", 15.4), ("instagram", 19.2), ("elsewhere", 23.0), (None, 23.0), ("linkedin", 168)],
)
def test_content_is_mature_when_age_has_taken_all_it_takes_or_after_a_week(platform, hours):
    """Where T′ meets its floor by the platform's decay; a feed seldom tells more after a week."""
    assert maturity(platform, RULE, SCORING).total_seconds() / 3600 == pytest.approx(hours, abs=0.05)


def test_a_first_score_keeps_what_was_known_then():
    """The moment, the shown score, the logs of its components, and what it may be compared with."""
    early, _ = post("acme", 0, 0, 1)
    shown = scored(early)
    first = first_score(early, shown, RULE, SCORING)
    assert (first.at, first.performance, first.kind) == (
        START + timedelta(hours=2),
        shown.performance,
        "twitter|under 2 h|engagement",
    )
    assert set(first.logs) == {"engagement", "impressions", "growth", "authenticity", "quality"}
    timeless = math.log(SCORING.scale) + sum(first.logs.values())
    assert math.exp(timeless) == pytest.approx(shown.performance)


@pytest.mark.parametrize(
    ("changes", "hours"), [({"engagements": None}, 2), ({"audience_size": None}, 2), ({}, 11.6), ({}, 300)]
)
def test_what_comes_too_late_or_tells_no_engagement_predicts_nothing(changes, hours):
    """A number that was known already is no prediction."""
    early, _ = post("acme", 0, 0, 1)
    event = replace(early, **changes)
    assert first_score(event, scored(event, hours), RULE, SCORING) is None


def test_a_score_for_a_time_before_the_event_was_known_is_a_prediction_from_then_on():
    """An hourly run may meet events that came while it ran."""
    early, _ = post("acme", 0, 0, 1)
    event = replace(early, received_at=START + timedelta(hours=3))
    assert first_score(event, scored(event, 2), RULE, SCORING).at == event.received_at


@pytest.mark.parametrize(("age_hours", "named"), [(0.2, "under 2 h"), (3.9, "under 4 h"), (4, "under 8 h")])
def test_content_is_compared_with_content_of_its_age(age_hours, named):
    """Ages are told apart by doublings: counters grow fast while content is young."""
    event, _ = post("acme", 0, 0, 1)
    event = replace(event, platform=None, occurred_at=START, received_at=START)
    assert first_score(event, scored(event, age_hours), RULE, SCORING).kind == f"custom|{named}|engagement"


def test_the_first_ten_of_a_kind_teach_what_is_usual_and_the_next_is_compared_with_them():
    """That all counters grow by the same is no error; only what differs from the usual is."""
    found, _ = met_after([content(k, noise=0.0) for k in range(12)])
    assert [m.left_out for m in found[:10]] == [LeftOut.FIRST_OF_ITS_KIND] * 10
    outcome = found[10].outcome
    assert outcome.predicted == pytest.approx(outcome.observed, rel=0.05)
    assert found[10].interval is None, "no error was made yet that an interval could rest on"
    assert read_outcome(outcome.to_document(), RULE) == outcome
    assert outcome.components["temporal"] == 0.0, "no outcome speaks about age"


def test_the_observation_is_the_matured_score_under_neutral_weights():
    """Whatever was learned when the content was first scored, it means the same."""
    usual = met_after([content(k) for k in range(10)])[1]
    early, late = post("acme", 0, 10, 1)
    odd = first_score(early, scored(early, weights=Weights(engagement=3.0, version="odd")), RULE, SCORING)
    plain = content(10)
    for first in (odd, plain.first):
        outcome = meet(replace(plain, first=first), usual, RECORDED_AT, RULE, SCORING).outcome
        assert outcome.observed == pytest.approx(scored(late, 21).performance)


def test_an_interval_holds_what_comes_as_often_as_it_says():
    """80 % of 400 posts, give or take what 400 draws may."""
    found, _ = met_after([content(k, slope=0.6) for k in range(430)])
    held = [m.interval[0] <= m.outcome.observed <= m.interval[1] for m in found if m.interval]
    assert len(held) > 400
    assert sum(held) / len(held) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"seen_at": None}, LeftOut.NOT_SEEN_AGAIN),
        ({"seen_at": START + timedelta(hours=6.5)}, LeftOut.SEEN_TOO_EARLY),
        ({"seen_at": START + timedelta(hours=2)}, LeftOut.SEEN_TOO_EARLY),
        ({"neutral": ("growth",)}, LeftOut.OTHER_COUNTERS),
    ],
)
def test_content_that_nobody_watched_to_maturity_is_left_out(changes, reason):
    """It is not known to stand where it stood, and says nothing about what is usual either."""
    met = meet(replace(content(), **changes), {}, RECORDED_AT, RULE, SCORING)
    assert (met.left_out, met.outcome, met.usual) == (reason, None, None)


def test_kinds_beyond_the_limit_are_left_out():
    """A sender that names ten thousand platforms fills no document."""
    many = {f"kind {k}": Usual(content=20) for k in range(RULE.usual.kinds)}
    one = content()
    assert meet(one, many, RECORDED_AT, RULE, SCORING).left_out is LeftOut.TOO_MANY_KINDS
    assert meet(one, {**many, one.first.kind: Usual()}, RECORDED_AT, RULE, SCORING).usual


def test_an_outcome_is_named_by_its_prediction():
    """The same prediction has one outcome; another prediction of the same content has its own."""
    assert outcome_id("e1", START) == outcome_id("e1", START)
    assert len({outcome_id("e1", START), outcome_id("e2", START), outcome_id("e1", RECORDED_AT)}) == 3


@given(st.lists(st.floats(-10, 10), min_size=1, max_size=80))
def test_what_is_usual_stays_within_what_came(values):
    """A moving mean leaves no bounds, and remembers a bounded number of errors."""
    usual = Usual()
    for value in values:
        usual = usual.after(value, value, {"growth": value}, value, RULE.usual)
    for mean in (usual.first, usual.standing, usual.logs["growth"]):
        assert min(values) - 1e-9 <= mean <= max(values) + 1e-9
    assert len(usual.errors) <= RULE.usual.remembered


def test_an_interval_needs_enough_errors_for_its_promise():
    """With three errors no order statistic reaches 80 %."""
    assert Usual(errors=(0.1, 0.2, 0.3)).reach(0.8) is None
    assert Usual(errors=(0.1, 0.4, 0.2, 0.3)).reach(0.8) == 0.4


def test_a_register_survives_its_document_and_refuses_another():
    """Nothing starts over because a document is broken."""
    found, _ = met_after([content(k) for k in range(30)])
    register = Register()
    for met in found:
        register = register.entered(met, "kind")
    document = register.to_document()
    assert read_register(document) == register
    assert read_register(json.loads(json.dumps(document, default=str))) == register
    assert register.recorded == 20
    assert register.left_out == {"first_of_its_kind": 10}
    assert sum(record.asked for record in register.weeks.values()) == 16
    assert read_register({}) == Register()
    with pytest.raises(MisconfiguredError, match="register of outcomes"):
        read_register({**document, "recorded": "many"})


def test_recordings_never_go_back_in_time():
    """A run for an earlier hour that comes late records after what is there, or the learner would pass it over."""
    later = Register(last_recorded_at=RECORDED_AT)
    assert later.next_recording(START) > RECORDED_AT
    assert later.next_recording(RECORDED_AT + timedelta(hours=1)) == RECORDED_AT + timedelta(hours=1)
    assert Register().next_recording(START) == START


def test_half_a_year_of_weeks_is_kept():
    """Older records of being right make room."""
    found, _ = met_after([content(k) for k in range(20)])
    met, register = found[-1], Register()
    for week in range(40):
        at = datetime(2026, 1, 5, tzinfo=UTC) + timedelta(weeks=week)
        register = register.entered(replace(met, outcome=replace(met.outcome, observed_at=at)), "kind")
    assert len(register.weeks) == WEEKS_KEPT
    assert min(register.weeks) == "2026-W16"


def test_the_logs_of_a_score_leave_age_out():
    """They are the terms that a weight multiplies."""
    assert timeless_logs(scored(post("acme", 0, 0, 1)[0]).components, SCORING)["growth"] == 0.0
