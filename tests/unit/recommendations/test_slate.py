"""The slate: its probabilities are right, add up, and keep their promises at every length."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.recommendations.advice_cases import BUSY, CATALOGUE, context

from brain.domain.recommendations.advice import advise
from brain.domain.recommendations.candidates import rank_candidates
from brain.domain.recommendations.conditions import ConditionStatus
from brain.domain.recommendations.slate import draw_slate, draw_slot
from brain.domain.recommendations.thompson_sampling import compute_best_probabilities, compute_value_distributions
from brain.domain.statistics.pooling import Beta

POLICY = CATALOGUE.policy
LIMITS = range(1, 11)


def _chance(seed):
    return random.Random(seed)  # noqa: S311 - draws to be repeated, not secrets


def _slate(seed, *, limit=10, metrics=BUSY):
    eligible, _ = rank_candidates(context(metrics), CATALOGUE)
    return draw_slate(eligible, POLICY, limit=limit, rng=_chance(seed))


def test_the_probability_of_being_best_is_that_of_sampling():
    """Quadrature agrees with sixty thousand Thompson samples to a point."""
    scores, beliefs = [0.8, 0.6, 0.7, 0.3], [Beta(3, 4), Beta(6, 3), Beta(2, 2), Beta(30, 2)]
    computed = compute_best_probabilities(compute_value_distributions(scores, beliefs))
    rng = _chance(7)
    best = Counter()
    for _ in range(60_000):
        drawn = [s * rng.betavariate(b.successes, b.failures) for s, b in zip(scores, beliefs, strict=True)]
        best[drawn.index(max(drawn))] += 1
    assert computed == pytest.approx([best[k] / 60_000 for k in range(4)], abs=0.01)


BELIEFS = st.builds(Beta, st.floats(min_value=0.2, max_value=80), st.floats(min_value=0.2, max_value=80))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(min_value=0, max_value=1), BELIEFS), min_size=1, max_size=6))
def test_probabilities_add_up_to_one(moves):
    """Whatever scores and beliefs there are."""
    computed = compute_best_probabilities(compute_value_distributions([s for s, _ in moves], [b for _, b in moves]))
    assert sum(computed) == pytest.approx(1)
    assert min(computed) >= 0


def test_nobody_and_one_are_easy():
    """No candidate has no probability, the only one has all of it."""
    assert compute_best_probabilities([]) == []
    assert compute_best_probabilities(compute_value_distributions([0.5], [Beta(2, 2)])) == [1]


def test_each_place_gives_every_candidate_its_formula():
    """(1 - ε)·p_TS + ε/K, shown with 95 % of it; together 1."""
    for slot in _slate(3):
        safe = [c for c in slot.odds if c.candidate.move.safe_to_explore]
        for chance in slot.odds:
            even = 1 / len(safe) if chance in safe else 0
            assert chance.drawn == pytest.approx(0.85 * chance.thompson + 0.15 * even)
            assert chance.shown == pytest.approx(0.95 * chance.drawn)
        assert sum(chance.drawn for chance in slot.odds) == pytest.approx(1)


def test_drawn_as_often_as_was_said():
    """Forty thousand draws of a first place agree with the logged probabilities within a point."""
    chances = _slate(0, limit=1)[0].odds
    rng = _chance(11)
    drawn, shown_counts, explored = Counter(), Counter(), 0
    for _ in range(40_000):
        slot = draw_slot(1, chances, POLICY, rng)
        drawn[slot.drawn.candidate.recommendation_id] += 1
        shown_counts[slot.drawn.candidate.recommendation_id] += not slot.held_back
        explored += slot.explored
    for chance in chances:
        name = chance.candidate.recommendation_id
        assert drawn[name] / 40_000 == pytest.approx(chance.drawn, abs=0.01)
        assert shown_counts[name] / 40_000 == pytest.approx(chance.shown, abs=0.01)
    assert explored / 40_000 == pytest.approx(0.15, abs=0.01)
    assert sum(shown_counts.values()) / 40_000 == pytest.approx(0.95, abs=0.01)


class _Scripted(random.Random):
    """Chance that explores where it is told to, and elsewhere draws as its seed says."""

    def __init__(self, seed, explores):
        super().__init__(seed)
        self._explores = explores
        self._asked = 0

    def random(self):
        self._asked += 1
        return super().random() if self._asked % 3 != 1 else (0.0 if self._explores else 0.99)


@pytest.mark.parametrize("limit", LIMITS)
def test_each_place_can_explore_whatever_the_limit(limit):
    """With safe moves left each place explores with exactly ε, so a slate of any length does in expectation."""
    eligible, _ = rank_candidates(context(BUSY), CATALOGUE)
    always = draw_slate(eligible, POLICY, limit=limit, rng=_Scripted(5, explores=True))
    never = draw_slate(eligible, POLICY, limit=limit, rng=_Scripted(5, explores=False))
    assert len(always) == len(never) == limit
    assert all(slot.explored for slot in always)
    assert not any(slot.explored for slot in never)
    assert all(sum(c.uniform for c in slot.odds) == pytest.approx(1) for slot in (*always, *never))


@pytest.mark.slow
def test_the_share_of_exploration_is_fifteen_percent_at_every_limit():
    """Slates of ten places, cut at each limit: 15 % within what chance allows, and 5 % control."""
    slates = [_slate(seed) for seed in range(250)]
    for limit in LIMITS:
        slots = [slot for slate in slates for slot in slate[:limit]]
        allowed = 4 * (0.15 * 0.85 / len(slots)) ** 0.5
        assert sum(p.explored for p in slots) / len(slots) == pytest.approx(0.15, abs=allowed)
    assert sum(p.held_back for p in slots) / len(slots) == pytest.approx(0.05, abs=0.018)


def test_only_safe_moves_are_explored_and_each_can_be():
    """In two thousand draws of a place every safe candidate is explored, and no other is."""
    eligible, _ = rank_candidates(context(BUSY), CATALOGUE)
    chances, rng = _slate(0, limit=1)[0].odds, _chance(1)
    slots = [draw_slot(1, chances, POLICY, rng) for _ in range(2000)]
    explored = {slot.drawn.candidate.reason_code: slot.drawn.candidate for slot in slots if slot.explored}
    safe = {candidate.reason_code for candidate in eligible if candidate.move.safe_to_explore}
    assert set(explored) == safe
    assert all(c.conditions is not ConditionStatus.FAILS for c in explored.values())


def test_a_move_is_drawn_once_a_slate():
    """No repeats."""
    names = [slot.drawn.candidate.recommendation_id for slot in _slate(1)]
    assert len(names) == len(set(names)) == 10


def test_where_nothing_holds_a_place_is_empty_but_for_exploration():
    """A client of whom nothing is known gets a trial in 15 % of places, and nothing in the others."""
    slots = [slot for seed in range(300) for slot in _slate(seed, limit=5, metrics={})]
    assert len(slots) == 1500
    assert all((slot.drawn is not None) == slot.explored for slot in slots)
    assert not any(slot.held_back for slot in slots if slot.drawn is None)
    assert sum(slot.explored for slot in slots) / 1500 == pytest.approx(0.15, abs=0.03)


def test_where_nothing_is_safe_nothing_is_explored():
    """Two moves hold, neither may be explored: the whole probability follows Thompson sampling."""
    eligible, _ = rank_candidates(context(BUSY), CATALOGUE)
    unsafe = [candidate for candidate in eligible if not candidate.move.safe_to_explore]
    slots = draw_slate(unsafe, POLICY, limit=10, rng=_Scripted(5, explores=True))
    assert len(slots) == len(unsafe)
    assert not any(slot.explored for slot in slots)
    assert all(chance.drawn == chance.thompson for chance in slots[0].odds)


def _learned(effects):
    history = [
        {
            "recommendation_id": f"rec_{reason}_{k}",
            "reason_code": reason,
            "subject": subject,
            "shown_at": "2026-06-01T09:00:00Z",
            "outcome": {"measured_at": "2026-07-01T09:00:00Z", "effect": effect, "standard_error": 0.1},
        }
        for reason, subject, effect in effects
        for k in range(12)
    ]
    slot = advise(context(BUSY, history=history), CATALOGUE, limit=1, seed=0).slots[0]
    return {chance.candidate.reason_code: chance.thompson for chance in slot.odds}


def test_what_works_for_a_client_rises_and_what_does_not_sinks():
    """After twelve outcomes each, the planted winner leads and the planted loser is almost never first."""
    before = _learned([])
    after = _learned([("hour_wins", "18:00", 0.2), ("format_wins", "video", -0.02), ("bounce", None, 0.1)])
    assert after["hour_wins"] > 3 * before["hour_wins"]
    assert after["format_wins"] < before["format_wins"]


def test_in_a_null_world_the_slate_spreads():
    """When all outcomes are 0 on average, no move of equal score takes over: several keep a real chance."""
    after = _learned([(reason, None, 0.0) for reason in ("hour_wins", "format_wins", "email_clicks_low")])
    assert max(after.values()) < 0.6
    assert sum(probability > 0.03 for probability in after.values()) >= 4


def test_more_equal_moves_than_a_product_of_chances_can_hold_share_evenly():
    """The chance that all others are worse is too small for a number; equal moves are equally likely all the same."""
    certain = compute_value_distributions([1.0], [Beta(1.005e9, 0.995e9)])
    assert compute_best_probabilities(certain * 1200) == [1 / 1200] * 1200


@pytest.mark.parametrize("belief", [Beta(1e9, 1e9), Beta(1.0, 1e9), Beta(1e9, 1.0), Beta(1e-3, 1e9)])
def test_a_belief_narrower_than_a_cell_is_all_in_one(belief):
    """However certain, it is a distribution around its mean."""
    (distribution,) = compute_value_distributions([1.0], [belief])
    middles = [(cell + 0.5) / len(distribution.mass) for cell in range(len(distribution.mass))]
    mean = sum(mass * middle for mass, middle in zip(distribution.mass, middles, strict=True))
    expected = belief.successes / (belief.successes + belief.failures)
    assert mean == pytest.approx(expected, abs=1 / len(middles))
