"""The tables as SQLAlchemy sees them; a column's ``key`` is the Brain's name, its ``name`` the shop's."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import Boolean, Column, Date, Double, Integer, MetaData, String, Table, Text
from sqlalchemy.types import TypeEngine

from brain.adapters.sql_warehouse.instants import Instant
from brain.adapters.sql_warehouse.names import TableNames, WarehouseConfig
from brain.ports.sales_warehouse import ResultTable

NAME = String(128)
WORD = String(32)

Spec: TypeAlias = tuple[str, TypeEngine[Any], bool]
"""A column: name, type, whether a row may lack it."""

SHOP: dict[str, tuple[Spec, ...]] = {
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

RESULTS: dict[str, tuple[Spec, ...]] = {
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
    ResultTable.MAGNITUDES: (
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

KEYS: dict[str, tuple[str, ...]] = {
    "stores": ("store_id",),
    "sales": ("store_id", "sold_at", "granularity", "product_id", "line"),
    "weather_hourly": ("store_id", "observed_at", "granularity", "known_at"),
    "calendar_events": ("event", "starts_on", "store_id"),
    ResultTable.BACKTESTS: ("store_id", "product_id", "starts_on", "ends_on", "horizon", "model"),
    ResultTable.MAGNITUDES: ("store_id", "product_id", "signal", "as_of"),
    ResultTable.PREDICTIONS: ("store_id", "product_id", "cutoff", "day"),
    ResultTable.HYPOTHESES: ("hypothesis_id", "night"),
    ResultTable.DECISIONS: ("store_id", "decision_id"),
}
"""The natural key of each table: what makes a row that comes again the same row."""

NIGHT_COLUMNS = {
    ResultTable.BACKTESTS: "ends_on",
    ResultTable.MAGNITUDES: "as_of",
    ResultTable.PREDICTIONS: "cutoff",
    ResultTable.HYPOTHESES: "night",
    ResultTable.DECISIONS: "starts_on",
}
"""The day to which each row belongs."""

OPTIONAL = {
    "sales": {"granularity", "line", "sold_on", "category", "quantity", "revenue"},
    "weather_hourly": {"granularity", "known_at", "precipitation_mm", "wind_kmh", "cloud_cover", "condition"},
    "calendar_events": {"known_at", "store_id", "ends_on"},
    "stores": {"time_zone", "country", "subdivision"},
}
"""Columns that a table of the shop's own may lack; the Brain then reads it and never writes to it."""

AMOUNTS = frozenset({"quantity", "revenue"})
"""Of these a sales table needs at least one."""

Present: TypeAlias = Mapping[str, Collection[str]]
"""The columns that each table of the database has, by the table's name there."""


def brain_table(name: str, metadata: MetaData) -> Table:
    """A table under the Brain's own names, with its natural key as primary key."""
    return Table(name, metadata, *_columns(SHOP[name] if name in SHOP else RESULTS[name], KEYS[name]))


def tables(config: WarehouseConfig, present: Present) -> dict[str, Table]:
    """Every table by the Brain's name for it; the shop's own ones under the shop's names, without what they lack."""
    metadata = MetaData()
    return {
        name: _shop_s_own(name, config, present, metadata)
        if name in SHOP and is_shop_s_own(name, config, present)
        else brain_table(name, metadata)
        for name in (*SHOP, *RESULTS)
    }


def is_shop_s_own(name: str, config: WarehouseConfig, present: Present) -> bool:
    """Whether a table was made by the shop: mapped in the configuration, or there without the Brain's own columns."""
    return name in config.tables or (name in present and not {spec[0] for spec in SHOP[name]} <= set(present[name]))


def _columns(specs: Sequence[Spec], key: Sequence[str]) -> list[Column[Any]]:
    return [Column(name, kind, nullable=nullable, primary_key=name in key) for name, kind, nullable in specs]


def _shop_s_own(name: str, config: WarehouseConfig, present: Present, metadata: MetaData) -> Table:
    theirs = config.tables.get(name, TableNames(name=name))
    local = theirs.times_are == "local"
    there = present.get(theirs.name, ())
    columns: list[Column[Any]] = []
    for ours, kind, _ in SHOP[name]:
        called = theirs.columns.get(ours, ours)
        lacking = called is None or (ours in OPTIONAL[name] and called not in there and ours not in theirs.columns)
        if not lacking:
            columns.append(Column(called, Instant(local=local) if isinstance(kind, Instant) else kind, key=ours))
    return Table(theirs.name, metadata, *columns)
