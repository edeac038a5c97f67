"""Outcomes in worlds whose truth is known: as sure as they say, on nothing and on a planted change."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.days.scorer import Scorer
from brain.domain.predictions.outlook import ContentOutlook, JudgedContent
from brain.domain.recommendations.outcome_measurement import measure_change
from brain.domain.scoring import Weights
from brain.domain.statistics.pooling import Normal
from brain.testing.simulations.advice import ADVICE, ANALYSIS, SCORING
from brain.testing.simulations.posts import MONDAY, simulate_posts

CLIENTS = 100
SHOWN = MONDAY + timedelta(days=28)


def measured_change(client, level):
    """The change of a client's engagement after a move, the world having changed by ``level`` on that day."""
    scorer = Scorer({}, Weights(), as_of=SHOWN, time_zone=ZoneInfo("UTC"), config=SCORING)
    scorer.score_all([*simulate_posts(client, MONDAY, 28), *simulate_posts(client, SHOWN, 14, level=level)])
    least = ANALYSIS.comparisons.minimum_events
    return measure_change(scorer.days, "engagement_rate", "linkedin", SHOWN.date(), ADVICE.outcomes, least)


@pytest.mark.slow
@pytest.mark.parametrize("level", [1.0, 1.25], ids=["null", "planted"])
def test_an_outcomes_interval_holds_the_truth_as_often_as_it_says(level):
    """80 % intervals of 100 clients, give or take what 100 draws allow; and on the mean there is no drift."""
    changes = [measured_change(f"c{n}", level) for n in range(CLIENTS)]
    held = 0
    for change in changes:
        low, high = Normal(change.effect, change.standard_error).interval(0.8)
        held += low <= level - 1 <= high
    assert 0.68 <= held / CLIENTS <= 0.92
    mean = sum(change.effect for change in changes) / CLIENTS
    assert abs(mean - (level - 1)) < 0.03


@given(
    st.lists(st.tuples(st.integers(0, 10_000), st.booleans()), max_size=40, unique_by=lambda change: change[0]),
    st.data(),
)
def test_the_record_does_not_depend_on_how_judgements_were_grouped(drawn, data):
    """One run a day or one a week: the same outlook, and its numbers within bounds."""
    new = [
        JudgedContent(f"e{k}", MONDAY + timedelta(minutes=k), 1.0, 0.0, 2.0, 1.0 if inside else 3.0)
        for k, inside in drawn
    ]
    cut = data.draw(st.integers(0, len(new)))
    joint_outlook = ContentOutlook().with_judged(new)
    parts = ContentOutlook().with_judged(new[cut:]).with_judged(new[:cut])
    assert (joint_outlook.judged, joint_outlook.judged_count, joint_outlook.covered_count) == (
        parts.judged,
        parts.judged_count,
        parts.covered_count,
    )
    assert joint_outlook.level == pytest.approx(parts.level)
    assert 0.5 <= joint_outlook.level <= 0.97
    assert joint_outlook.covered_count <= joint_outlook.judged_count == len(new)
