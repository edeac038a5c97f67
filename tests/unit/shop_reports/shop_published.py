"""Pages as the shop's nightly jobs publish them, small enough to read, for the tests of what is said of them."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from brain.domain.clients.client import Client
from brain.domain.days.config import AnalysisConfig
from brain.domain.reports.facts import ReportFacts
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.rush import classify_rush
from brain.settings.files import load_config

MONDAY = date(2026, 11, 23)
AS_OF = datetime(2026, 11, 23, 9, tzinfo=UTC)
CONFIG: AnalysisConfig = AnalysisConfig.model_validate(
    yaml.safe_load((Path(__file__).parents[3] / "config" / "brain_analysis.yaml").read_text(encoding="utf-8"))
)
RETAIL_CONFIG = load_config("brain_retail", RetailConfig)
SHOP = Client("bakery", "The bakery", stores=("north", "south"))
AGENCY = Client("agency", "The agency")


def day(store: str, offset: int, predicted: float, **rest: Any) -> dict[str, Any]:
    """A calendar row ``at`` days after Monday."""
    row = {
        "store_id": store,
        "day": (MONDAY + timedelta(days=offset)).isoformat(),
        "predicted": predicted,
        "lower_80": 0.88 * predicted,
        "upper_80": 1.12 * predicted,
        "open_probability": 1.0,
        "rush_probability": 0.02,
        "usual": 1000.0,
        "advice": "Staff as on a usual day.",
        "signals": [],
    } | rest
    rush = classify_rush(row["rush_probability"], row["open_probability"], RETAIL_CONFIG.forecast)
    return row | {"rush": str(rush)}


def two_weeks() -> list[dict[str, Any]]:
    """Fourteen days of two stores: a rush day, a likely one, a quiet day, a closed day and a young store."""
    rows = [day("north", offset, 1000.0) for offset in range(14)] + [
        day("south", offset, 1000.0) for offset in range(14)
    ]
    rows[4] |= day(
        "north",
        4,
        1650.0,
        rush_probability=0.72,
        advice="Rush day (72 % sure): plan full staff and stock for up to 1,848.",
        signals=[{"signal": "home_game", "lift": 0.31}, {"signal": "rain", "lift": -0.04}],
    )
    rows[5] |= day(
        "north", 5, 1200.0, rush_probability=0.45, advice="May become a rush day (45%): have one more on call."
    )
    rows[6] |= day("north", 6, 0.0, open_probability=0.03, advice="Probably closed.")
    rows[16] |= day("south", 2, 800.0, advice="Plan about 20% fewer staff hours than on a usual Wednesday.")
    rows[17] |= day("south", 3, 1000.0, usual=None, advice="Plan for 1,000; there is no usual Thursday yet.")
    return rows


def pages() -> dict[str, dict[str, Any]]:
    """All five pages."""
    scored = {"wape": 0.091, "coverage_80": 0.79, "rush_recall": 0.8, "rush_precision": 0.7}
    beside = {"seasonal_naive": {"wape": 0.146}, "same_day_last_year": {"wape": None}}
    series = [{"store_id": store, **scored, **beside} for store in ("north", "south")]
    lift = {"lower": -0.09, "upper": -0.03, "occurrences": 41, "claimed": True}
    finding = {"product_id": "*", "store_id": "north", "note": None, "due_on": "2026-12-20"}
    return {
        "shop-calendar": {"note": None, "rows": two_weeks()},
        "shop-week": {
            "note": None,
            "rows": [
                {
                    "store_id": "north",
                    "start": "2026-11-16",
                    "end": "2026-11-22",
                    "open_days": 7,
                    "unusual_days": 1,
                    "expected_cents": 690_000,
                    "actual_cents": 734_050,
                    "contributions": [
                        {"cause": "level", "group": "level", "cents": 700_000},
                        {"cause": "weather: rain", "group": "signal", "cents": -22_000},
                        {"cause": "home_game", "group": "signal", "cents": 12_000},
                        {"cause": "payday", "group": "signal", "cents": 20},
                        {"cause": "unexplained", "group": "unexplained", "cents": 44_030},
                    ],
                }
            ],
        },
        "shop-signals": {
            "note": None,
            "rows": [
                {"store_id": "*", "signal": "rain", "lift": -0.06, **lift},
                {"store_id": "north", "signal": "rain", "lift": -0.08, **lift},
                {"store_id": "south", "signal": "payday", "lift": 0.05, **lift, "lower": 0.02, "upper": 0.08},
                {"store_id": "*", "signal": "full_moon", "lift": 0.01, **lift, "claimed": False},
            ],
            "retired": [{"store_id": "*", "signal": "old_fair", "reason": "not seen for 400 days"}],
        },
        "shop-findings": {
            "note": None,
            "counts": {"finding": 1, "lead": 2, "retired": 1, "nothing": 396},
            "hypotheses": [
                finding
                | {"state": "finding", "question": "Does rain cost sales?", "occurrences": 41}
                | {"effect": -0.08, "lower": -0.12, "upper": -0.04},
                finding | {"state": "lead", "question": "Do clear days help?", "occurrences": 9},
                finding | {"state": "lead", "question": "Does wind matter?", "occurrences": 9, "due_on": None},
                finding | {"state": "retired", "question": "Do Mondays sag?", "occurrences": 9},
            ],
        },
        "shop-backtest": {
            "note": None,
            "start": "2026-05-27",
            "end": "2026-11-22",
            "horizon": 7,
            "series": series,
            "overall": {"store_id": "*", **scored, **beside},
        },
    }


def facts(client: Client = SHOP, shop: dict[str, dict[str, Any]] | None = None) -> ReportFacts:
    """A week of a client without feeds, with the shop's pages."""
    start = MONDAY - timedelta(days=7)
    published = pages() if shop is None else shop
    return ReportFacts(
        client=client,
        start=start,
        end=MONDAY,
        as_of=AS_OF,
        days={},
        incidents=(),
        series_ready=0,
        series_warming=0,
        config=CONFIG,
        shop=published,
    )
