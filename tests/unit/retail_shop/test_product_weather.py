"""Weather elasticities are estimated where simulated, rarely claimed where absent, and have valid intervals."""

from dataclasses import replace

import numpy as np
import pytest

from brain.domain.retail.product_weather import WeatherElasticity, estimate_weather_elasticities
from brain.domain.retail.series import DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.testing.simulations.curiosity import FIRST_DAY, simulate_noise, simulate_shop

DAYS = 540
PRODUCTS = 6


def products(seed: int, rain: np.ndarray, shared: float = 0.5) -> tuple[list[DailySeries], ShopData]:
    """Simulate products of one shop with log effects of rain and partly shared noise."""
    world = simulate_shop(seed, days=DAYS)
    wet = (world.shop_data.weather["kiel"].values[:, 3] >= 1).astype(float)
    rng = np.random.default_rng(seed + 1)
    common = simulate_noise(rng, DAYS)
    series = []
    for number, effect in enumerate(rain):
        own = simulate_noise(rng, DAYS)
        noise = 0.2 * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
        sales = 100 * np.exp(noise + effect * wet)
        series.append(DailySeries("kiel", f"p{number}", FIRST_DAY, sales, np.zeros(DAYS), np.ones(DAYS, dtype=bool)))
    return series, world.shop_data


def select_rain(rows: list[WeatherElasticity]) -> list[WeatherElasticity]:
    """Return the elasticities for rain, by product."""
    return [row for row in rows if row.reading == "rain"]


@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_intervals_cover_the_simulated_elasticities(shared: float) -> None:
    """90 % intervals over 40 shops of six products, with independent and with shared errors."""
    covered, error_ratios = [], []
    for seed in range(40):
        truth = np.random.default_rng(seed).normal(0.06, 0.04, PRODUCTS)
        rows = select_rain(estimate_weather_elasticities(*products(500 + seed, truth, shared)))
        elasticities = np.expm1(truth)
        covered += [row.lower <= elasticity <= row.upper for row, elasticity in zip(rows, elasticities, strict=True)]
        error_ratios.append(
            np.mean([(row.effect - elasticity) ** 2 for row, elasticity in zip(rows, elasticities, strict=True)])
            / np.mean([(row.alone - elasticity) ** 2 for row, elasticity in zip(rows, elasticities, strict=True)])
        )
    assert 0.83 <= np.mean(covered) <= 0.97
    assert np.median(error_ratios) < 1.0


def test_signs_are_rarely_claimed_without_an_effect() -> None:
    """A sign that is 95 % sure by chance occurs in 10 % of rows, and hardly more often."""
    rows = [
        row for seed in range(30) for row in estimate_weather_elasticities(*products(900 + seed, np.zeros(PRODUCTS)))
    ]
    assert len(rows) == 30 * 4 * PRODUCTS
    assert np.mean([row.claimed for row in rows]) <= 0.12


def test_a_strong_effect_is_claimed_with_its_sign() -> None:
    """Ice cream sells less on wet days, umbrellas more."""
    rows = select_rain(estimate_weather_elasticities(*products(77, np.array([-0.4, 0.5, 0.0]))))
    assert [(row.claimed, row.effect > 0) for row in rows[:2]] == [(True, False), (True, True)]
    assert rows[0].days == DAYS


def test_a_single_product_is_not_pooled() -> None:
    """Its effect is the estimate from its own days."""
    (row,) = select_rain(estimate_weather_elasticities(*products(5, np.array([0.5]))))
    assert row.effect == pytest.approx(row.alone)


def test_too_few_days_no_weather_and_weather_that_never_changes_give_no_rows() -> None:
    """Without information there is no elasticity."""
    series, facts = products(5, np.zeros(2))
    assert estimate_weather_elasticities([product.until(FIRST_DAY) for product in series], facts) == []
    assert estimate_weather_elasticities(series, ShopData(facts.stores)) == []
    weather = facts.weather["kiel"]
    constant = replace(weather, values=np.ones_like(weather.values))
    assert estimate_weather_elasticities(series, ShopData(facts.stores, (), {"kiel": constant})) == []
    dry = weather.values.copy()
    dry[:, 3] = 0.0
    rows = estimate_weather_elasticities(series, ShopData(facts.stores, (), {"kiel": replace(weather, values=dry)}))
    assert {row.reading for row in rows} == {"warmth", "wind", "clouds"}
