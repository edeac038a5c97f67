"""Lifts in simulations with and without effects: smaller errors than raw means, valid intervals, reliable signs."""

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


def _index_by_signal(rows: list[SignalLift], store_id: str = "north") -> dict[str, SignalLift]:
    return {row.signal: row for row in rows if row.store_id == store_id}


@pytest.fixture(scope="module")
def study() -> dict[str, np.ndarray]:
    """Return for every event of the simulated shops the true lift, the raw mean and the estimate."""
    table = []
    for seed in range(PLANTED_WORLDS):
        world = simulate_lifts(seed)
        rows = _index_by_signal(measure_signal_lifts(world.series, world.shop_data, world.last_day, CONFIG))
        for number, lift in enumerate(world.lifts):
            row = rows[f"event_{number:02d}"]
            raw = float(np.expm1(world.raw_means[number]))
            table.append((float(np.expm1(lift)), raw, row.lift, row.lower, row.upper, float(row.claimed)))
    names = ("truth", "raw", "lift", "lower", "upper", "claimed")
    return dict(zip(names, np.array(table).T, strict=True))


@pytest.mark.slow
def test_pooled_lifts_have_a_third_less_error_than_raw_means(study: dict[str, np.ndarray]) -> None:
    """At a noise of 15 % and 2 to 8 occurrences, the root mean square error falls by at least 35 %."""
    pooled = np.sqrt(np.mean((study["lift"] - study["truth"]) ** 2))
    raw = np.sqrt(np.mean((study["raw"] - study["truth"]) ** 2))
    assert pooled <= 0.65 * raw


def test_intervals_cover_nine_of_ten_true_lifts(study: dict[str, np.ndarray]) -> None:
    """The 90 % intervals cover 87 to 93 %."""
    inside = (study["lower"] <= study["truth"]) & (study["truth"] <= study["upper"])
    assert 0.87 <= inside.mean() <= 0.93


def test_claimed_signs_are_right(study: dict[str, np.ndarray]) -> None:
    """Some signs are claimed, and at most one claim in twenty is wrong."""
    claimed = study["claimed"] > 0
    assert claimed.sum() >= 10
    assert np.mean(np.sign(study["lift"][claimed]) != np.sign(study["truth"][claimed])) <= 0.05


def test_events_without_effect_are_hardly_ever_claimed() -> None:
    """Twenty events without any effect in eight shops: at most one in fifty is claimed."""
    claims = 0
    for seed in range(100, 108):
        world = simulate_lifts(seed, center=0.0, between=0.0)
        rows = _index_by_signal(measure_signal_lifts(world.series, world.shop_data, world.last_day, CONFIG))
        claims += sum(row.claimed for name, row in rows.items() if name.startswith("event_"))
    assert claims <= 3


def test_a_lift_in_every_store_is_claimed_and_a_decoy_is_not() -> None:
    """Three stores, a game of +20 % and an event without effect: the chain's intervals cover both."""
    rng = np.random.default_rng(5)
    days = 730
    games, decoys = rng.choice(days, 8, replace=False), rng.choice(days, 8, replace=False)
    shop_data = ShopData(
        {},
        (
            *(build_calendar_event("home_game", int(day), "home_game") for day in games),
            *(build_calendar_event("decoy", int(day)) for day in decoys),
        ),
    )
    chain = []
    for seed in range(3):
        sales = simulate_sales(seed, days, noise=0.1)
        sales[games] *= 1.2
        chain.append(build_series(sales, f"s{seed}"))
    rows = measure_signal_lifts(chain, shop_data, get_date(days - 1), CONFIG)
    chain_lifts = _index_by_signal(rows, ALL_STORES)
    assert chain_lifts["home_game"].claimed
    assert chain_lifts["home_game"].lower < 0.2 < chain_lifts["home_game"].upper
    assert chain_lifts["home_game"].occurrences == 24
    assert not chain_lifts["decoy"].claimed
    assert chain_lifts["decoy"].lower < 0 < chain_lifts["decoy"].upper
    own = _index_by_signal(rows, "s1")["home_game"]
    assert own.upper - own.lower > chain_lifts["home_game"].upper - chain_lifts["home_game"].lower
    assert own.last_seen == get_date(int(games.max()))
    assert rows == sorted(rows, key=lambda row: (row.store_id, row.product_id or "", row.signal_class, row.signal))


def test_a_game_with_one_occurrence_stays_near_its_prior() -> None:
    """One occurrence without effect does not rule out the prior of +6.7 %."""
    shop_data = ShopData({}, (build_calendar_event("derby", 200, "home_game"),))
    row = _index_by_signal(
        measure_signal_lifts([build_series(simulate_sales(6, 400, noise=0.15))], shop_data, get_date(399), CONFIG)
    )["derby"]
    assert row.lower < 0.067 < row.upper
    assert row.occurrences == 1


def test_correlated_stores_have_wider_intervals() -> None:
    """Ten stores with the same residuals carry hardly more information than one."""
    days = 500
    residual = np.random.default_rng(8).normal(0, 0.15, days)
    shop_data = ShopData({}, tuple(build_calendar_event("fair", day) for day in (50, 150, 250, 350)))
    correlated = [
        build_series(simulate_sales(1, days, noise=0.0) * np.exp(residual), f"s{number}") for number in range(10)
    ]
    independent = [build_series(simulate_sales(seed, days, noise=0.15), f"s{seed}") for seed in range(10)]
    widths = []
    for chain in (correlated, independent):
        row = _index_by_signal(measure_signal_lifts(chain, shop_data, get_date(days - 1), CONFIG), ALL_STORES)["fair"]
        widths.append(row.upper - row.lower)
    assert widths[0] > 1.5 * widths[1]


def test_later_sales_and_events_change_nothing() -> None:
    """Lifts as of a day are those measured without any later data."""
    world = simulate_lifts(3)
    early = get_date(500)
    lifts = measure_signal_lifts(world.series, world.shop_data, early, CONFIG)
    past_series = [series.until(early) for series in world.series]
    past_events = tuple(event for event in world.shop_data.events if event.start <= early)
    past_data = ShopData(world.shop_data.stores, past_events)
    assert lifts == measure_signal_lifts(past_series, past_data, early, CONFIG)


def test_a_signal_on_a_closed_day_is_no_occurrence() -> None:
    """A game on a closed day is not measured."""
    sales = simulate_sales(7, 300)
    sales[100] = np.nan
    shop_data = ShopData({}, (build_calendar_event("derby", 100, "home_game"),))
    assert "derby" not in _index_by_signal(
        measure_signal_lifts([build_series(sales)], shop_data, get_date(299), CONFIG)
    )


def test_the_lift_of_a_slow_product_is_a_share_of_its_mean() -> None:
    """On the linear scale the lift is a share of a usual day."""
    rng = np.random.default_rng(9)
    sales = rng.poisson(2.0, 700) * 5.0
    sale_days = list(range(20, 700, 6))
    sales[sale_days] += 3.0
    shop_data = ShopData({}, tuple(build_calendar_event("sale", day) for day in sale_days))
    row = _index_by_signal(measure_signal_lifts([build_series(sales)], shop_data, get_date(699), CONFIG))["sale"]
    assert row.claimed
    assert row.lower < 3.0 / sales.mean() < row.upper


def test_a_store_with_few_days_has_no_lifts_and_no_store_is_an_error() -> None:
    """Lifts need four weeks of open days; without any sales the message says what to do."""
    assert measure_signal_lifts([build_series(simulate_sales(1, 20))], ShopData(), get_date(19), CONFIG) == []
    with pytest.raises(InvalidInputError, match="import sales first"):
        measure_signal_lifts([build_series(np.full(9, np.nan))], ShopData(), get_date(8), CONFIG)
    with pytest.raises(InvalidInputError, match="at least one series"):
        measure_signal_lifts([], ShopData(), date(2024, 1, 1), CONFIG)


def test_the_normal_distribution_function() -> None:
    """Known quantiles, to 2e-7."""
    assert approximate_normal_cdf(np.array([0.0, 1.959964, -1.644854])) == pytest.approx([0.5, 0.975, 0.05], abs=2e-7)


def test_an_estimate_is_shrunk_to_its_class_by_its_variance() -> None:
    """A noisy estimate moves to the centre, a precise one hardly at all."""
    noisy = pool_effects(np.array([0.5]), np.array([1.0]), 0.0, 0.1, 0.08).mean[0]
    sharp = pool_effects(np.array([0.5]), np.array([1e-6]), 0.0, 0.1, 0.08).mean[0]
    assert abs(noisy) < 0.05
    assert sharp == pytest.approx(0.5, abs=0.01)


def test_stores_that_agree_have_no_variance_and_share_one_effect() -> None:
    """With a variance of zero every store has the shared effect."""
    same = (np.array([0.1, 0.1, 0.1]), np.full(3, 0.01))
    different = (np.array([-1.0, 1.0]), np.full(2, 0.01))
    single = (np.array([9.0]), np.full(1, 0.01))
    assert estimate_store_variance([same]) == 0.0
    assert estimate_store_variance([]) == 0.0
    assert estimate_store_variance([different, single]) == pytest.approx(1.99)
    shared = pool_effects(np.array([0.1]), np.array([0.01]), 0.0, 0.1, 0.08)
    own = pool_store_effects(shared, 0, np.array([0.9, -0.9]), np.full(2, 0.01), 0.0)
    assert own.mean == pytest.approx([shared.mean[0]] * 2)
