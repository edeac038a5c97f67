"""Leading stores and substitutes are detected, stores with a common cause are not mistaken for them."""

import numpy as np
import pytest

from brain.domain.retail.cross_store import StorePair, StoreRelation, measure_store_pairs
from brain.domain.retail.series import DailySeries
from brain.testing.simulations.curiosity import FIRST_DAY, simulate_noise

DAYS = 540


def build_store(name: str, noise: np.ndarray, closed: slice | None = None) -> DailySeries:
    """Build a store whose log sales are noise."""
    opened = np.ones(len(noise), dtype=bool)
    if closed is not None:
        opened[closed] = False
    sales = np.where(opened, 1000 * np.exp(0.15 * noise), np.nan)
    return DailySeries(name, None, FIRST_DAY, sales, np.where(opened, 0.0, np.nan), opened)


def select_claimed(stores: list[DailySeries]) -> list[StorePair]:
    """Return the pairs whose relation is claimed."""
    return [pair for pair in measure_store_pairs(stores) if pair.claimed]


@pytest.mark.parametrize("memory", [0.3, 0.8])
def test_stores_with_a_common_cause_have_no_relation(memory: float) -> None:
    """In 30 chains of three stores under one weather, few have a claimed relation."""
    false_claims = 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        common = simulate_noise(rng, DAYS, memory)
        false_claims += bool(
            select_claimed([build_store(name, common + simulate_noise(rng, DAYS, 0.3)) for name in "abc"])
        )
    assert false_claims <= 4


def test_independent_stores_have_no_relation() -> None:
    """30 chains of three independent stores."""
    rng = np.random.default_rng(99)
    false_claims = [
        bool(select_claimed([build_store(name, simulate_noise(rng, DAYS)) for name in "abc"])) for _ in range(30)
    ]
    assert sum(false_claims) <= 4


def test_a_store_that_leads_by_two_days_is_detected_with_its_lag() -> None:
    """The follower repeats a part of the leader's innovations two days later."""
    hits = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        leader, own = rng.standard_normal(DAYS), rng.standard_normal(DAYS)
        follower = own + 0.4 * np.concatenate([[0, 0], leader[:-2]])
        best = measure_store_pairs([build_store("follower", follower), build_store("leader", leader)])[0]
        hits += (best.first, best.second, best.lag_days, best.claimed) == ("leader", "follower", 2, True)
    assert hits >= 9


def test_two_stores_that_take_each_other_s_customers_are_substitutes() -> None:
    """One store gains what the other loses on the same day."""
    rng = np.random.default_rng(4)
    shifted_sales = rng.standard_normal(DAYS)
    rows = select_claimed(
        [
            build_store("a", shifted_sales + rng.standard_normal(DAYS)),
            build_store("b", -shifted_sales + rng.standard_normal(DAYS)),
        ]
    )
    assert [(row.relation, row.lag_days) for row in rows] == [(StoreRelation.SUBSTITUTES, 0)]
    assert -0.7 < rows[0].correlation < -0.3
    assert rows[0].days == DAYS


def test_stores_without_enough_days_in_common_are_left_out() -> None:
    """A new store, one that was closed most of the time, and stores that never vary."""
    noise = np.random.default_rng(1).standard_normal(DAYS)
    full_store = build_store("full", noise)
    assert measure_store_pairs([full_store, build_store("new", noise[:100])]) == []
    assert measure_store_pairs([full_store, build_store("closed", noise, slice(50, 500))]) == []
    assert select_claimed([build_store("flat", np.zeros(DAYS)), build_store("even", np.zeros(DAYS))]) == []
    assert measure_store_pairs([full_store]) == []
