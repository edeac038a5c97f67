"""Simulated shops that take a decision, such as a promotion, whose revenue is known; with a lift of 0 it is nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision
from brain.domain.retail.roi.statement import RoiStatement, StatementPeriod, build_statement
from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.domain.types import Floats
from brain.settings.files import load_config
from brain.testing.simulations.curiosity import simulate_noise
from brain.testing.simulations.shop import WEEKDAY_LOG, build_series, get_date, load_retail_config

RECORDED_AT = datetime(2020, 1, 1, tzinfo=UTC)
MARGIN = 0.4
LEVEL = 1000.0
ALL_TIME = StatementPeriod()


@dataclass(frozen=True)
class DecisionSimulation:
    """The stores' total sales, their decisions, and the true revenue of each decision by its id."""

    series: list[DailySeries]
    decisions: list[ShopDecision]
    true_revenue: dict[str, float]

    @property
    def shop_data(self) -> ShopData:
        """The stores, without events or weather."""
        return ShopData({series.store_id: Store(series.store_id) for series in self.series})


@dataclass(frozen=True)
class DecisionScenario:
    """The parameters of ``simulate_decisions``.

    Attributes:
        stores: The number of stores.
        days: The number of days.
        noise: The standard deviation of the noise on the log scale.
        autocorrelation: The correlation of the noise of each day with the next.
        shared_variance: The share of the noise's variance that all stores have in common.
        lift: The effect of the decision on the log scale.
        duration: The number of days that the decision lasts.
        untreated_every: Every so many stores, one takes no decision.
    """

    stores: int = 60
    days: int = 500
    noise: float = 0.12
    autocorrelation: float = 0.5
    shared_variance: float = 0.0
    lift: float = 0.0
    duration: int = 7
    untreated_every: int = 4


def load_roi_config(margin: float | None = MARGIN) -> RoiConfig:
    """Load the configuration that the product ships, with a default margin."""
    config = load_config("brain_roi", RoiConfig)
    return config.model_copy(update={"margins": config.margins.model_copy(update={"default": margin})})


def build_decision(name: str, first: int, days: int, store: str | None = "north", **fields: object) -> ShopDecision:
    """Build a promotion that starts on day ``first``, lasts ``days`` days and costs nothing; ``fields`` override."""
    defaults: dict[str, object] = {
        "kind": DecisionKind.PROMOTION,
        "cost": 0.0,
        "recorded_at": RECORDED_AT,
        "store_id": store,
    }
    return ShopDecision(decision_id=name, start=get_date(first), end=get_date(first + days - 1), **(defaults | fields))  # type: ignore[arg-type] # their types differ


def simulate_decisions(seed: int, scenario: DecisionScenario) -> DecisionSimulation:
    """Simulate stores of which most take one decision on the same days; each has its own season and noise."""
    rng = np.random.default_rng(seed)
    day = np.arange(scenario.days)
    first = scenario.days - scenario.duration - int(rng.integers(1, 100))
    common_noise = simulate_noise(rng, scenario.days, scenario.autocorrelation)
    series, decisions, true_revenue = [], [], {}
    for number in range(scenario.stores):
        store = f"store_{number:02d}"
        store_noise = simulate_noise(rng, scenario.days, scenario.autocorrelation)
        noise = np.sqrt(1 - scenario.shared_variance) * store_noise + np.sqrt(scenario.shared_variance) * common_noise
        season = 0.15 * np.sin(2 * np.pi * day / 365.25 + rng.uniform(0, 2 * np.pi))
        sales = LEVEL * np.exp(WEEKDAY_LOG[day % 7] + season + scenario.noise * noise)
        if number % scenario.untreated_every:
            days = slice(first, first + scenario.duration)
            true_revenue[store] = float(sales[days].sum() * np.expm1(scenario.lift))
            sales[days] *= np.exp(scenario.lift)
            decisions.append(build_decision(store, first, scenario.duration, store))
        series.append(build_series(sales, store))
    return DecisionSimulation(series, decisions, true_revenue)


def build_roi_statement(
    simulation: DecisionSimulation, period: StatementPeriod = ALL_TIME, margin: float | None = MARGIN
) -> RoiStatement:
    """Build the statement of what the decisions of a simulation earned."""
    return build_statement(
        simulation.series,
        simulation.shop_data,
        simulation.decisions,
        period,
        load_retail_config(),
        load_roi_config(margin),
    )


def compare_valuations(simulation: DecisionSimulation) -> Floats:
    """Compare each decision's true margin with its valuation.

    Returns:
        One row per decision, shape (decisions, 6): the true margin, the estimate, the lower and upper bound of the 80 %
        interval, and those of the 95 % interval.
    """
    rows = []
    for valuation in build_roi_statement(simulation).valuations:
        estimate = valuation.estimate
        assert estimate is not None, valuation.reason
        truth = MARGIN * simulation.true_revenue[valuation.group.decisions[0].decision_id]
        rows.append(
            (truth, estimate.amount, estimate.lower_80, estimate.upper_80, estimate.lower_95, estimate.upper_95)
        )
    return np.array(rows)
