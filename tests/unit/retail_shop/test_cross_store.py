"""A store that leads is found, stores that share a cause are not taken for it, and substitutes are told."""

import numpy as np
import pytest

from brain.domain.retail.cross_store import StorePair, StoreRelation, measure_store_pairs
from brain.domain.retail.series import DailySeries
from brain.testing.simulations.curiosity import FIRST_DAY, simulate_noise

DAYS = 540


def store(name: str, noise: np.ndarray, closed: slice | None = None) -> DailySeries:
    """A store whose log sales are noise."""
    opened = np.ones(len(noise), dtype=bool)
    if closed is not None:
        opened[closed] = False
    sales = np.where(opened, 1000 * np.exp(0.15 * noise), np.nan)
    return DailySeries(name, None, FIRST_DAY, sales, np.where(opened, 0.0, np.nan), opened)


def claimed(stores: list[DailySeries]) -> list[StorePair]:
    """The pairs whose relation is claimed."""
    return [pair for pair in measure_store_pairs(stores) if pair.claimed]


@pytest.mark.parametrize("memory", [0.3, 0.8])
def test_stores_that_share_a_cause_neither_lead_nor_replace_each_other(memory: float) -> None:
    """30 chains of three stores under one weather: something is claimed in few of them."""
    wrong = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        common = simulate_noise(rng, DAYS, memory)
        wrong += bool(claimed([store(name, common + simulate_noise(rng, DAYS, 0.3)) for name in "abc"]))
    assert wrong <= 4


def test_stores_that_share_nothing_have_no_relation() -> None:
    """30 chains of three independent stores."""
    rng = np.random.default_rng(99)
    wrong = [bool(claimed([store(name, simulate_noise(rng, DAYS)) for name in "abc"])) for _ in range(30)]
    assert sum(wrong) <= 4


def test_a_store_that_leads_by_two_days_is_found_with_its_lag() -> None:
    """The follower repeats a part of what was new in the leader, two days later."""
    hits = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        leader, own = rng.standard_normal(DAYS), rng.standard_normal(DAYS)
        follower = own + 0.4 * np.concatenate([[0, 0], leader[:-2]])
        best = measure_store_pairs([store("follower", follower), store("leader", leader)])[0]
        hits += (best.first, best.second, best.lag_days, best.claimed) == ("leader", "follower", 2, True)
    assert hits >= 9


def test_two_stores_that_take_each_other_s_customers_are_substitutes() -> None:
    """What one wins the other loses on the same day."""
    rng = np.random.default_rng(4)
    moved = rng.standard_normal(DAYS)
    rows = claimed([store("a", moved + rng.standard_normal(DAYS)), store("b", -moved + rng.standard_normal(DAYS))])
    assert [(row.relation, row.lag_days) for row in rows] == [(StoreRelation.SUBSTITUTES, 0)]
    assert -0.7 < rows[0].correlation < -0.3
    assert rows[0].days == DAYS


def test_stores_without_enough_days_in_common_are_left_out() -> None:
    """A new store, one that was closed most of the time, and one that never varies: no rows, or no claim."""
    noise = np.random.default_rng(1).standard_normal(DAYS)
    whole = store("whole", noise)
    assert measure_store_pairs([whole, store("new", noise[:100])]) == []
    assert measure_store_pairs([whole, store("closed", noise, slice(50, 500))]) == []
    assert claimed([store("flat", np.zeros(DAYS)), store("even", np.zeros(DAYS))]) == []
    assert measure_store_pairs([whole]) == []
