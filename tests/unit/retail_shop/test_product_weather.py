"""Products' answers to weather are found where planted, not claimed where there are none, and bounded honestly."""

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
    """Products of one shop with planted log effects of rain, sharing a part of their noise."""
    world = simulate_shop(seed, days=DAYS)
    wet = (world.facts.weather["kiel"].values[:, 3] >= 1).astype(float)
    rng = np.random.default_rng(seed + 1)
    common = simulate_noise(rng, DAYS)
    series = []
    for number, effect in enumerate(rain):
        own = simulate_noise(rng, DAYS)
        noise = 0.2 * (np.sqrt(shared) * common + np.sqrt(1 - shared) * own)
        sales = 100 * np.exp(noise + effect * wet)
        series.append(DailySeries("kiel", f"p{number}", FIRST_DAY, sales, np.zeros(DAYS), np.ones(DAYS, dtype=bool)))
    return series, world.facts


def of_rain(rows: list[WeatherElasticity]) -> list[WeatherElasticity]:
    """The answers to rain, by product."""
    return [row for row in rows if row.reading == "rain"]


@pytest.mark.parametrize("shared", [0.0, 0.6])
def test_intervals_hold_the_planted_answers_as_often_as_they_say(shared: float) -> None:
    """90 % intervals over 40 shops of six products, with errors of their own and errors shared."""
    held, closer = [], []
    for seed in range(40):
        truth = np.random.default_rng(seed).normal(0.06, 0.04, PRODUCTS)
        rows = of_rain(estimate_weather_elasticities(*products(500 + seed, truth, shared)))
        planted = np.expm1(truth)
        held += [row.lower <= value <= row.upper for row, value in zip(rows, planted, strict=True)]
        closer.append(
            np.mean([(row.effect - value) ** 2 for row, value in zip(rows, planted, strict=True)])
            / np.mean([(row.alone - value) ** 2 for row, value in zip(rows, planted, strict=True)])
        )
    assert 0.83 <= np.mean(held) <= 0.97
    assert np.median(closer) < 1.0


def test_signs_are_rarely_claimed_where_there_is_nothing() -> None:
    """No product answers to anything: a sign that is 95 % sure by chance comes in 10 % of rows, and little more."""
    rows = [
        row for seed in range(30) for row in estimate_weather_elasticities(*products(900 + seed, np.zeros(PRODUCTS)))
    ]
    assert len(rows) == 30 * 4 * PRODUCTS
    assert np.mean([row.claimed for row in rows]) <= 0.12


def test_a_strong_answer_is_claimed_with_its_sign() -> None:
    """Ice cream falls on wet days, umbrellas rise."""
    rows = of_rain(estimate_weather_elasticities(*products(77, np.array([-0.4, 0.5, 0.0]))))
    assert [(row.claimed, row.effect > 0) for row in rows[:2]] == [(True, False), (True, True)]
    assert rows[0].days == DAYS


def test_one_product_alone_leans_on_nobody() -> None:
    """What its own days say is what is said."""
    (row,) = of_rain(estimate_weather_elasticities(*products(5, np.array([0.5]))))
    assert row.effect == pytest.approx(row.alone)


def test_too_few_days_no_weather_and_weather_that_never_changes_give_no_rows() -> None:
    """Nothing is said rather than something made up."""
    series, facts = products(5, np.zeros(2))
    assert estimate_weather_elasticities([one.until(FIRST_DAY) for one in series], facts) == []
    assert estimate_weather_elasticities(series, ShopData(facts.stores)) == []
    weather = facts.weather["kiel"]
    still = replace(weather, values=np.ones_like(weather.values))
    assert estimate_weather_elasticities(series, ShopData(facts.stores, (), {"kiel": still})) == []
    dry = weather.values.copy()
    dry[:, 3] = 0.0
    rows = estimate_weather_elasticities(series, ShopData(facts.stores, (), {"kiel": replace(weather, values=dry)}))
    assert {row.reading for row in rows} == {"warmth", "wind", "clouds"}
