"""Lifts on planted and null worlds: nearer to the truth than raw means, honest bounds, signs that hold."""

from datetime import date

import numpy as np
import pytest

from brain.domain.retail.lifts.pooling import (
    approximate_normal_cdf,
    estimate_store_variance,
    pool_effects,
    pool_store_effects,
)
from brain.domain.retail.lifts.signal_lifts import SignalLift, measure_signal_lifts
from brain.domain.retail.shop_data import ShopData
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.testing.simulations.shop import (
    build_calendar_event,
    build_series,
    get_date,
    load_retail_config,
    simulate_lifts,
    simulate_sales,
)

CONFIG = load_retail_config()
PLANTED_WORLDS = 24


def _by_name(rows: list[SignalLift], store_id: str = "north") -> dict[str, SignalLift]:
    return {row.signal: row for row in rows if row.store_id == store_id}


@pytest.fixture(scope="module")
def study() -> dict[str, np.ndarray]:
    """Every event of the planted worlds: what was stated of it, and what is true."""
    table = []
    for seed in range(PLANTED_WORLDS):
        world = simulate_lifts(seed)
        rows = _by_name(measure_signal_lifts(world.series, world.facts, world.last, CONFIG))
        for number, lift in enumerate(world.lifts):
            row = rows[f"event_{number:02d}"]
            raw = float(np.expm1(world.raw[number]))
            table.append((float(np.expm1(lift)), raw, row.lift, row.lower, row.upper, float(row.claimed)))
    names = ("truth", "raw", "lift", "lower", "upper", "claimed")
    return dict(zip(names, np.array(table).T, strict=True))


@pytest.mark.slow
def test_pooled_lifts_are_a_third_nearer_to_the_truth_than_raw_means(study: dict[str, np.ndarray]) -> None:
    """At a noise of 15 % and 2 to 8 occurrences, the root mean square error falls by at least 35 %."""
    pooled = np.sqrt(np.mean((study["lift"] - study["truth"]) ** 2))
    raw = np.sqrt(np.mean((study["raw"] - study["truth"]) ** 2))
    assert pooled <= 0.65 * raw


def test_bounds_hold_nine_of_ten_truths(study: dict[str, np.ndarray]) -> None:
    """The 90 % bounds cover 87 to 93 %."""
    inside = (study["lower"] <= study["truth"]) & (study["truth"] <= study["upper"])
    assert 0.87 <= inside.mean() <= 0.93


def test_claimed_signs_hold(study: dict[str, np.ndarray]) -> None:
    """Some signs are claimed, and at most one claim in twenty is wrong."""
    claimed = study["claimed"] > 0
    assert claimed.sum() >= 10
    assert np.mean(np.sign(study["lift"][claimed]) != np.sign(study["truth"][claimed])) <= 0.05


def test_in_a_null_world_hardly_any_event_is_claimed() -> None:
    """Twenty events without any effect, in eight worlds: at most one in fifty is claimed."""
    claims = 0
    for seed in range(100, 108):
        world = simulate_lifts(seed, center=0.0, between=0.0)
        rows = _by_name(measure_signal_lifts(world.series, world.facts, world.last, CONFIG))
        claims += sum(row.claimed for name, row in rows.items() if name.startswith("event_"))
    assert claims <= 3


def test_a_lift_in_every_store_is_claimed_and_a_decoy_is_not() -> None:
    """Three stores, a game of +20 % and a decoy of nothing: chain rows tell them apart, with covering bounds."""
    rng = np.random.default_rng(5)
    days = 730
    games, decoys = rng.choice(days, 8, replace=False), rng.choice(days, 8, replace=False)
    facts = ShopData(
        {},
        (
            *(build_calendar_event("home_game", int(at), "home_game") for at in games),
            *(build_calendar_event("decoy", int(at)) for at in decoys),
        ),
    )
    chain = []
    for seed in range(3):
        sales = simulate_sales(seed, days, noise=0.1)
        sales[games] *= 1.2
        chain.append(build_series(sales, f"s{seed}"))
    rows = measure_signal_lifts(chain, facts, get_date(days - 1), CONFIG)
    whole = _by_name(rows, ALL_STORES)
    assert whole["home_game"].claimed
    assert whole["home_game"].lower < 0.2 < whole["home_game"].upper
    assert whole["home_game"].occurrences == 24
    assert not whole["decoy"].claimed
    assert whole["decoy"].lower < 0 < whole["decoy"].upper
    own = _by_name(rows, "s1")["home_game"]
    assert own.upper - own.lower > whole["home_game"].upper - whole["home_game"].lower
    assert own.last_seen == get_date(int(games.max()))
    assert rows == sorted(rows, key=lambda row: (row.store_id, row.product_id or "", row.signal_class, row.signal))


def test_a_game_seen_once_leans_on_what_is_believed_of_games() -> None:
    """One occurrence of no effect stays near the prior of +6.7 %, far from certain."""
    facts = ShopData({}, (build_calendar_event("derby", 200, "home_game"),))
    row = _by_name(
        measure_signal_lifts([build_series(simulate_sales(6, 400, noise=0.15))], facts, get_date(399), CONFIG)
    )["derby"]
    assert row.lower < 0.067 < row.upper
    assert row.occurrences == 1


def test_stores_whose_odd_days_come_together_prove_less() -> None:
    """Ten stores that share every odd day are hardly more than one."""
    days = 500
    odd = np.random.default_rng(8).normal(0, 0.15, days)
    facts = ShopData({}, tuple(build_calendar_event("fair", at) for at in (50, 150, 250, 350)))
    alike = [build_series(simulate_sales(1, days, noise=0.0) * np.exp(odd), f"s{one}") for one in range(10)]
    apart = [build_series(simulate_sales(one, days, noise=0.15), f"s{one}") for one in range(10)]
    widths = []
    for chain in (alike, apart):
        row = _by_name(measure_signal_lifts(chain, facts, get_date(days - 1), CONFIG), ALL_STORES)["fair"]
        widths.append(row.upper - row.lower)
    assert widths[0] > 1.5 * widths[1]


def test_what_is_not_known_yet_is_not_measured() -> None:
    """Sales and events after the day asked for change nothing."""
    world = simulate_lifts(3)
    early = get_date(500)
    some = measure_signal_lifts(world.series, world.facts, early, CONFIG)
    cut = [one.until(early) for one in world.series]
    known = ShopData(world.facts.stores, tuple(one for one in world.facts.events if one.start <= early))
    assert some == measure_signal_lifts(cut, known, early, CONFIG)


def test_a_signal_on_a_closed_day_is_no_occurrence() -> None:
    """A game on a day on which the shop was shut teaches nothing."""
    sales = simulate_sales(7, 300)
    sales[100] = np.nan
    facts = ShopData({}, (build_calendar_event("derby", 100, "home_game"),))
    assert "derby" not in _by_name(measure_signal_lifts([build_series(sales)], facts, get_date(299), CONFIG))


def test_a_slow_product_has_its_lift_in_units_of_its_mean() -> None:
    """Where sums are modelled, the lift is the share of a usual day."""
    rng = np.random.default_rng(9)
    sales = rng.poisson(2.0, 700) * 5.0
    when = list(range(20, 700, 6))
    sales[when] += 3.0
    facts = ShopData({}, tuple(build_calendar_event("sale", at) for at in when))
    row = _by_name(measure_signal_lifts([build_series(sales)], facts, get_date(699), CONFIG))["sale"]
    assert row.claimed
    assert row.lower < 3.0 / sales.mean() < row.upper


def test_a_store_with_few_days_has_no_lifts_and_no_store_is_an_error() -> None:
    """Under four weeks nothing can be told apart; without any sale there is nothing to say."""
    assert measure_signal_lifts([build_series(simulate_sales(1, 20))], ShopData(), get_date(19), CONFIG) == []
    with pytest.raises(InvalidInputError, match="import sales first"):
        measure_signal_lifts([build_series(np.full(9, np.nan))], ShopData(), get_date(8), CONFIG)
    with pytest.raises(InvalidInputError, match="at least one series"):
        measure_signal_lifts([], ShopData(), date(2024, 1, 1), CONFIG)


def test_the_normal_distribution_is_right() -> None:
    """Against well-known points, to a ten millionth."""
    assert approximate_normal_cdf(np.array([0.0, 1.959964, -1.644854])) == pytest.approx([0.5, 0.975, 0.05], abs=2e-7)


def test_one_estimate_is_drawn_to_the_class_by_its_noise() -> None:
    """A noisy estimate stays near the centre, a sharp one where it is."""
    noisy = pool_effects(np.array([0.5]), np.array([1.0]), 0.0, 0.1, 0.08).mean[0]
    sharp = pool_effects(np.array([0.5]), np.array([1e-6]), 0.0, 0.1, 0.08).mean[0]
    assert abs(noisy) < 0.05
    assert sharp == pytest.approx(0.5, abs=0.01)


def test_stores_that_agree_have_no_spread_and_keep_nothing_of_their_own() -> None:
    """With a spread of zero every store has the shared effect; one store alone tells nothing of spread."""
    same = [np.array([0.1, 0.1, 0.1])]
    assert estimate_store_variance(same, [np.full(3, 0.01)]) == 0.0
    assert estimate_store_variance([], []) == 0.0
    assert estimate_store_variance([np.array([-1.0, 1.0])], [np.full(2, 0.01)]) == pytest.approx(1.99)
    shared = pool_effects(np.array([0.1]), np.array([0.01]), 0.0, 0.1, 0.08)
    own = pool_store_effects(shared, 0, np.array([0.9, -0.9]), np.full(2, 0.01), 0.0)
    assert own.mean == pytest.approx([shared.mean[0]] * 2)
