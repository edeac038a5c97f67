"""JSON documents of the shop's results: the same for a command's output and for a published page."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import date
from math import isfinite
from typing import Any

from brain.domain.retail.forecast.backtest import BacktestReport, SeriesScore
from brain.domain.retail.forecast.predictive_calendar import CalendarDay

NAIVE_RULES = ("seasonal_naive", "same_day_last_year")
MAX_DOCUMENT_BYTES = 600_000
"""The size of a published document stays well below the 1 MiB at which a store refuses it."""


def to_json_value(value: Any) -> Any:
    """Convert a value to JSON types: dates to ISO text, NaN and infinities to None, tuples to lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json_value(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): to_json_value(member) for key, member in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_json_value(member) for member in value]
    return _to_json_scalar(value)


def _to_json_scalar(value: Any) -> Any:
    """Convert a number of NumPy to Python's, and NaN and infinities to None; return any other value as it is."""
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not isfinite(number) else number


def calendar_to_rows(days: Iterable[CalendarDay]) -> list[dict[str, Any]]:
    """Convert calendar days to rows, one per store and day, as ``brain retail calendar --json`` prints them."""
    return [to_json_value(_calendar_day_to_row(day)) for day in days]


def backtest_to_document(report: BacktestReport) -> dict[str, Any]:
    """Convert a report to its figures per series and overall, as ``brain retail backtest --json`` prints them."""
    document: dict[str, Any] = to_json_value(
        {
            "start": report.start,
            "end": report.end,
            "horizon": report.horizon,
            "series": [_score_to_row(score) for score in report.scores],
            "overall": _score_to_row(report.overall),
        }
    )
    return document


def fit_rows(rows: Sequence[Any], max_bytes: int = MAX_DOCUMENT_BYTES) -> tuple[list[Any], int]:
    """Return the first rows that fit into ``max_bytes`` of JSON, and the number of rows left out."""
    fitting_rows: list[Any] = []
    remaining_bytes = max_bytes
    for row in rows:
        remaining_bytes -= len(json.dumps(row).encode()) + 1
        if remaining_bytes < 0:
            break
        fitting_rows.append(row)
    return fitting_rows, len(rows) - len(fitting_rows)


def _calendar_day_to_row(day: CalendarDay) -> dict[str, Any]:
    signals = [{"signal": name, "lift": lift} for name, lift in day.forecast.signals]
    return {**asdict(day.forecast), "signals": signals, "usual": day.usual, "advice": day.advice, "rush": day.rush}


def _score_to_row(score: SeriesScore) -> dict[str, Any]:
    naive_metrics = {rule: getattr(score, rule).to_document() for rule in NAIVE_RULES}
    return {
        "store_id": score.store_id,
        "product_id": score.product_id,
        **score.forecast.to_document(),
        **naive_metrics,
    }
