"""The JSON forms of what the shop's engines found: the same for a command's output and for a published document."""

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
"""Of a published document, which a store refuses above 1 MiB."""


def to_json_value(value: Any) -> Any:
    """Return a value as JSON has it: dates as ISO text, unknown numbers (NaN, infinite) as None, tuples as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return to_json_value(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): to_json_value(one) for name, one in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list | tuple):
        return [to_json_value(one) for one in value]
    number = value.item() if hasattr(value, "item") else value
    return None if isinstance(number, float) and not isfinite(number) else number


def calendar_to_rows(days: Iterable[CalendarDay]) -> list[dict[str, Any]]:
    """Return one row a store and day, as ``brain retail calendar --json`` prints them."""
    return [to_json_value(_calendar_row(one)) for one in days]


def backtest_to_document(report: BacktestReport) -> dict[str, Any]:
    """Return the figures per series and overall, as ``brain retail backtest --json`` prints them."""
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


def fit_rows(rows: Sequence[Any], most_bytes: int = MAX_DOCUMENT_BYTES) -> tuple[list[Any], int]:
    """Return the first rows that fit into ``most_bytes`` of JSON, and how many are left out."""
    kept: list[Any] = []
    left = most_bytes
    for row in rows:
        left -= len(json.dumps(row).encode()) + 1
        if left < 0:
            break
        kept.append(row)
    return kept, len(rows) - len(kept)


def _calendar_row(one: CalendarDay) -> dict[str, Any]:
    signals = [{"signal": name, "lift": lift} for name, lift in one.forecast.signals]
    return {**asdict(one.forecast), "signals": signals, "usual": one.usual, "advice": one.advice, "rush": one.rush}


def _score_to_row(score: SeriesScore) -> dict[str, Any]:
    beside = {rule: getattr(score, rule).as_dict() for rule in NAIVE_RULES}
    return {"store_id": score.store_id, "product_id": score.product_id, **score.forecast.as_dict(), **beside}
