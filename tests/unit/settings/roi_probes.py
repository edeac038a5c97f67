"""Probes of the value of a shop's decisions, on a simulated shop that took many of them."""

from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
from unit.settings.changed_files import changed_file, read_tree
from unit.settings.changes import replace
from unit.settings.settings_file import SettingsFile

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision
from brain.domain.retail.roi.statement import StatementPeriod, build_statement
from brain.domain.retail.roi.statement_document import statement_to_document
from brain.domain.retail.series import CalendarEvent, DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.settings.files import load_config

FIRST_DAY = date(2023, 1, 2)
DAYS = 560


def probe_statement() -> object:
    """Value all decisions; the forecasts learn from few weeks, to be quick."""
    series, data, decisions = _simulate()
    retail = replace(read_tree("brain_retail"), ("forecast", "replay_weeks"), 3)
    with changed_file("brain_retail", RetailConfig, retail):
        constants = load_config("brain_retail", RetailConfig), load_config("brain_roi", RoiConfig)
    return statement_to_document(build_statement(series, data, decisions, StatementPeriod(), *constants))


@cache
def _simulate() -> tuple[list[DailySeries], ShopData, list[ShopDecision]]:
    """Return two stores and one that opened lately, their calendar, and decisions of every kind and length."""
    rng = np.random.default_rng(8)
    days = np.arange(DAYS)
    common = rng.normal(0, 0.08, DAYS)
    series = []
    for store_id, product, category, level, opened in (
        ("north", "bread", "bakery", 900.0, 0),
        ("north", "tea", "drinks", 300.0, 0),
        ("south", "bread", "bakery", 500.0, 0),
        ("late", "bread", "bakery", 200.0, 430),
    ):
        logs = 0.2 * np.sin(2 * np.pi * days / 7) + 0.1 * np.sin(2 * np.pi * days / 365.25)
        sales = (level * np.exp(logs + common + rng.normal(0, 0.03, DAYS)))[opened:]
        series.append(
            DailySeries(
                store_id,
                product,
                FIRST_DAY + timedelta(days=opened),
                sales,
                np.zeros(len(sales)),
                np.ones(len(sales), dtype=bool),
                category,
            )
        )
    stores = {name: Store(name, "Europe/Berlin", "DE") for name in ("north", "south", "late")}
    return series, ShopData(stores, tuple(_build_events())), list(_build_decisions())


def _build_events() -> list[CalendarEvent]:
    """Return events on the days of decisions, and earlier ones from which a lift is learned."""
    starts = {"promotion": (440, 473), "discount": (442,), "campaign": (470,), "road_works": (500, 518)}
    events = []
    for number, (event_class, firsts) in enumerate(starts.items()):
        for first in (*range(40 + number, 400, 45), *firsts):
            day = FIRST_DAY + timedelta(days=first)
            events.append(CalendarEvent(event_class, event_class, day, day + timedelta(days=1), "north"))
    return events


def _build_decisions() -> list[ShopDecision]:
    cases: tuple[tuple[str, str, int, int, dict[str, Any]], ...] = (
        ("promotion", "north", 440, 7, {"category": "bakery", "cost": 300.0}),
        ("post", "north", 470, 5, {"cost": 20.0}),
        ("staffing", "north", 500, 6, {"cost": 100.0, "expected": 400.0}),
        ("stock", "north", 516, 5, {"product_id": "tea"}),
        ("promotion", "north", 526, 4, {}),
        ("promotion", "south", 300, 45, {}),
        ("promotion", "south", 380, 58, {}),
        ("promotion", "late", 480, 7, {}),
    )
    return [
        ShopDecision(
            f"decision_{number}",
            DecisionKind(kind),
            FIRST_DAY + timedelta(days=start),
            FIRST_DAY + timedelta(days=start + days - 1),
            more.pop("cost", 0.0),
            datetime(2023, 1, 1, tzinfo=UTC),
            store_id,
            **more,
        )
        for number, (kind, store_id, start, days, more) in enumerate(cases)
    ]


FILES = (
    SettingsFile(
        "brain_roi",
        RoiConfig,
        {"*": [probe_statement]},
        values={
            "margins.default": [0.35],
            "margins.stores": [{"north": 0.4}],
            "margins.categories": [{"bakery": 0.4}],
            "own_events": [["road_works"]],
            "staffing": [["road_works"]],
            "stock": [["road_works"]],
        },
    ),
)
