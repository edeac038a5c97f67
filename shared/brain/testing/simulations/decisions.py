"""Shops made from a seed in which it is known what a decision brought: nothing in a null world, else a planted lift."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision
from brain.domain.retail.roi.statement import RoiStatement, StatementPeriod, build_statement
from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.settings.files import load_config
from brain.testing.simulations.curiosity import simulate_noise
from brain.testing.simulations.shop import WEEKDAY_LOG, build_series, get_date, load_retail_config

RECORDED_AT = datetime(2020, 1, 1, tzinfo=UTC)
MARGIN = 0.4
LEVEL = 1000.0
ALL_TIME = StatementPeriod()


@dataclass(frozen=True)
class DecisionSimulation:
    """Stores' totals, the decisions taken in them, and what each of those brought in revenue (by decision)."""

    series: list[DailySeries]
    decisions: list[ShopDecision]
    truth: dict[str, float]

    @property
    def facts(self) -> ShopData:
        """Nothing is known beside the stores."""
        return ShopData({one.store_id: Store(one.store_id) for one in self.series})


@dataclass(frozen=True)
class DecisionScenario:
    """How a world is made: ``shared`` is the share of the noise's variance that all stores have in common."""

    stores: int = 60
    days: int = 500
    noise: float = 0.12
    memory: float = 0.5
    shared: float = 0.0
    lift: float = 0.0
    lasts: int = 7
    untreated_every: int = 4


def load_roi_config(margin: float | None = MARGIN) -> RoiConfig:
    """The product's own constants with a default margin."""
    given = load_config("brain_roi", RoiConfig)
    return given.model_copy(update={"margins": given.margins.model_copy(update={"default": margin})})


def build_decision(name: str, first: int, days: int, store: str | None = "north", **rest: object) -> ShopDecision:
    """A promotion of ``days`` days from day ``first`` on, told long ago and free of cost."""
    given: dict[str, object] = {
        "kind": DecisionKind.PROMOTION,
        "cost": 0.0,
        "recorded_at": RECORDED_AT,
        "store_id": store,
    }
    return ShopDecision(decision_id=name, start=get_date(first), end=get_date(first + days - 1), **(given | rest))  # type: ignore[arg-type]


def simulate_decisions(seed: int, making: DecisionScenario) -> DecisionSimulation:
    """Stores of which three in four take one decision on the same days; each has its own season and noise."""
    rng = np.random.default_rng(seed)
    at = np.arange(making.days)
    first = making.days - making.lasts - int(rng.integers(1, 100))
    common = simulate_noise(rng, making.days, making.memory)
    series, decisions, truth = [], [], {}
    for number in range(making.stores):
        store = f"store_{number:02d}"
        own = simulate_noise(rng, making.days, making.memory)
        noise = np.sqrt(1 - making.shared) * own + np.sqrt(making.shared) * common
        season = 0.15 * np.sin(2 * np.pi * at / 365.25 + rng.uniform(0, 2 * np.pi))
        sales = LEVEL * np.exp(WEEKDAY_LOG[at % 7] + season + making.noise * noise)
        if number % making.untreated_every:
            days = slice(first, first + making.lasts)
            truth[store] = float(sales[days].sum() * np.expm1(making.lift))
            sales[days] *= np.exp(making.lift)
            decisions.append(build_decision(store, first, making.lasts, store))
        series.append(build_series(sales, store))
    return DecisionSimulation(series, decisions, truth)


def build_roi_statement(
    one: DecisionSimulation, period: StatementPeriod = ALL_TIME, margin: float | None = MARGIN
) -> RoiStatement:
    """What the Brain says of a world's decisions."""
    return build_statement(one.series, one.facts, one.decisions, period, load_retail_config(), load_roi_config(margin))


def compare_valuations(one: DecisionSimulation) -> NDArray[np.float64]:
    """A row a decision: truth, worth, lower and upper at 80 %, lower and upper at 95 %, all in margin."""
    rows = []
    for valued in build_roi_statement(one).valuations:
        worth = valued.estimate
        assert worth is not None, valued.reason
        truth = MARGIN * one.truth[valued.group.decisions[0].decision_id]
        rows.append((truth, worth.amount, worth.lower_80, worth.upper_80, worth.lower_95, worth.upper_95))
    return np.array(rows)
