"""The columns of all tables by the Brain's names for them, with their types, keys and which of them a shop may lack."""

from typing import Any, TypeAlias

from sqlalchemy import Boolean, Date, Double, Integer, String, Text
from sqlalchemy.types import TypeEngine

from brain.adapters.sql_warehouse.instant import Instant
from brain.ports.sales_warehouse import ResultTable

NAME = String(128)
WORD = String(32)

ColumnSpec: TypeAlias = tuple[str, TypeEngine[Any], bool]
"""The name of a column, its type, and whether it may be NULL."""

SHOP_COLUMNS: dict[str, tuple[ColumnSpec, ...]] = {
    "stores": (
        ("store_id", NAME, False),
        ("time_zone", String(64), False),
        ("country", String(2), True),
        ("subdivision", String(8), True),
    ),
    "sales": (
        ("store_id", NAME, False),
        ("sold_at", Instant(), False),
        ("granularity", String(4), False),
        ("product_id", NAME, False),
        ("line", Integer(), False),
        ("sold_on", Date(), False),
        ("category", NAME, True),
        ("quantity", Double(), True),
        ("revenue", Double(), True),
    ),
    "weather_hourly": (
        ("store_id", NAME, False),
        ("observed_at", Instant(), False),
        ("granularity", String(4), False),
        ("known_at", Instant(), False),
        ("temperature_c", Double(), True),
        ("precipitation_mm", Double(), True),
        ("wind_kmh", Double(), True),
        ("cloud_cover", Double(), True),
        ("condition", NAME, True),
    ),
    "calendar_events": (
        ("event", NAME, False),
        ("event_class", NAME, False),
        ("starts_on", Date(), False),
        ("ends_on", Date(), False),
        ("store_id", NAME, False),
        ("known_at", Instant(), True),
    ),
}

RESULT_COLUMNS: dict[str, tuple[ColumnSpec, ...]] = {
    ResultTable.BACKTESTS: (
        ("store_id", NAME, False),
        ("product_id", NAME, False),
        ("starts_on", Date(), False),
        ("ends_on", Date(), False),
        ("horizon", Integer(), False),
        ("model", WORD, False),
        *((metric, Double(), True) for metric in ("mape", "wape", "mase", "bias", "directional_accuracy")),
        *((metric, Double(), True) for metric in ("correlation", "rush_recall", "rush_precision")),
        *((metric, Double(), True) for metric in ("coverage_80", "coverage_95")),
        ("days", Integer(), False),
    ),
    ResultTable.SIGNAL_LIFTS: (
        ("store_id", NAME, False),
        ("product_id", NAME, False),
        ("signal", NAME, False),
        ("as_of", Date(), False),
        ("signal_class", NAME, True),
        ("lift", Double(), True),
        ("lower", Double(), True),
        ("upper", Double(), True),
        ("occurrences", Integer(), False),
        ("confidence", Double(), True),
        ("claimed", Boolean(), False),
        ("last_seen", Date(), True),
        ("state", WORD, False),
        ("since", Date(), False),
        ("reason", Text(), False),
    ),
    ResultTable.PREDICTIONS: (
        ("store_id", NAME, False),
        ("product_id", NAME, False),
        ("cutoff", Date(), False),
        ("day", Date(), False),
        ("predicted", Double(), True),
        ("lower_80", Double(), True),
        ("upper_80", Double(), True),
        ("lower_95", Double(), True),
        ("upper_95", Double(), True),
        ("open_probability", Double(), True),
        ("rush_probability", Double(), True),
        ("signals", Text(), True),
        ("advice", Text(), True),
    ),
    ResultTable.HYPOTHESES: (
        ("hypothesis_id", String(400), False),
        ("night", Date(), False),
        ("template", NAME, False),
        ("question", Text(), False),
        ("store_id", NAME, False),
        ("product_id", NAME, False),
        ("state", WORD, False),
        ("asked_on", Date(), True),
        ("due_on", Date(), True),
        ("tested_from", Date(), True),
        ("effect", Double(), True),
        ("lower", Double(), True),
        ("upper", Double(), True),
        ("p_value", Double(), True),
        ("alpha", Double(), True),
        ("n", Integer(), False),
        ("occurrences", Integer(), False),
        ("detectable_effect", Double(), True),
        ("refuters", Text(), True),
        ("note", Text(), True),
    ),
    ResultTable.DECISIONS: (
        ("store_id", NAME, False),
        ("decision_id", String(400), False),
        ("kind", WORD, False),
        ("product_id", NAME, True),
        ("category", NAME, True),
        ("starts_on", Date(), False),
        ("ends_on", Date(), False),
        ("cost", Double(), False),
        ("expected", Double(), True),
        ("note", Text(), False),
        ("recorded_at", Instant(), False),
    ),
}

NATURAL_KEYS: dict[str, tuple[str, ...]] = {
    "stores": ("store_id",),
    "sales": ("store_id", "sold_at", "granularity", "product_id", "line"),
    "weather_hourly": ("store_id", "observed_at", "granularity", "known_at"),
    "calendar_events": ("event", "starts_on", "store_id"),
    ResultTable.BACKTESTS: ("store_id", "product_id", "starts_on", "ends_on", "horizon", "model"),
    ResultTable.SIGNAL_LIFTS: ("store_id", "product_id", "signal", "as_of"),
    ResultTable.PREDICTIONS: ("store_id", "product_id", "cutoff", "day"),
    ResultTable.HYPOTHESES: ("hypothesis_id", "night"),
    ResultTable.DECISIONS: ("store_id", "decision_id"),
}
"""The natural key of each table, by which a row is replaced when it is written again."""

DAY_COLUMNS = {
    ResultTable.BACKTESTS: "ends_on",
    ResultTable.SIGNAL_LIFTS: "as_of",
    ResultTable.PREDICTIONS: "cutoff",
    ResultTable.HYPOTHESES: "night",
    ResultTable.DECISIONS: "starts_on",
}
"""The column of each result table with the day that a row belongs to."""

OPTIONAL_COLUMNS = {
    "sales": {"granularity", "line", "sold_on", "category", "quantity", "revenue"},
    "weather_hourly": {"granularity", "known_at", "precipitation_mm", "wind_kmh", "cloud_cover", "condition"},
    "calendar_events": {"known_at", "store_id", "ends_on"},
    "stores": {"time_zone", "country", "subdivision"},
}
"""Columns that an external table may lack."""

AMOUNT_COLUMNS = frozenset({"quantity", "revenue"})
"""Columns of which a sales table needs at least one."""
