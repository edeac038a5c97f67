"""Proposes a field map for rows of an unknown export, to be read and corrected by a person."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from brain.domain.feeds.field_maps import FieldMap, TimeMapping
from brain.domain.feeds.json_values import lowercase_names
from brain.domain.feeds.named_rows import ID_COLUMNS, METRIC_COLUMNS, NAMED_TIME_COLUMNS
from brain.domain.feeds.row_dimensions import select_unknown_dimensions
from brain.domain.feeds.times import parse_time
from brain.errors import InvalidInputError

MAX_ROWS: Final = 1000
_DECIMAL_COMMA: Final = re.compile(r"\d,(?:\d{1,2}|\d{4,})\s*\Z")


@dataclass(frozen=True, slots=True)
class FieldMapProposal:
    """A field map, and the columns that it leaves out: numbers that may be metrics or dimensions, and attributes."""

    field_map: FieldMap
    unread_columns: tuple[str, ...]


def propose_field_map(rows: Sequence[Mapping[str, Any]], description: str, delimiter: str = ",") -> FieldMapProposal:
    """Return a field map for rows with the same columns, by the names and the values of the first 1,000 rows.

    ``delimiter`` is what separates the columns in the file that the rows come from.

    Raises:
        InvalidInputError: no column holds times, or none has the name of a metric.

    >>> rows = [{"Day": "2026-11-20", "page_id": 7, "page_views": 31, "device": "mobile"}]
    >>> proposal = propose_field_map(rows, "pages")
    >>> proposal.field_map.key, dict(proposal.field_map.metrics)
    (('Day', 'page_id', 'device'), {'views': ('page_views',)})
    """
    sample = rows[:MAX_ROWS]
    columns = list(dict.fromkeys(name for row in sample for name in row))
    time_column = _find_time_column(sample, columns)
    metrics = _find_metrics(columns)
    if not metrics:
        raise InvalidInputError(
            f"the rows must have a column named like a metric (impressions, clicks ...), got {', '.join(columns[:8])}; "
            "write the map by hand as in docs/integrate-a-feed.md"
        )
    key = _find_key(sample, columns, time_column)
    field_map = FieldMap(
        description=description,
        **_describe_format(sample, metrics, delimiter),
        time=TimeMapping(column=time_column),
        key=key,
        metrics=metrics,
        content_id=_find_named(columns, ID_COLUMNS),
        currency_column=_find_named(columns, ("currency", "currency_code")),
    )
    used = {time_column, *key, *(name for names in metrics.values() for name in names)}
    return FieldMapProposal(field_map, tuple(name for name in columns if name not in used))


def _find_named(columns: Sequence[str], names: Sequence[str]) -> str | None:
    """Return the first column with one of the names, in any case and with spaces for underscores."""
    return next((column for column in columns if column.lower().replace(" ", "_") in names), None)


def _find_time_column(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return the column whose values are all times, one with a usual name first."""
    usual = [column for name in NAMED_TIME_COLUMNS if (column := _find_named(columns, (name,)))]
    for column in dict.fromkeys((*usual, *columns)):
        texts = [row[column] for row in rows if row.get(column) not in (None, "")]
        if texts and all(map(_is_time, texts)):
            return column
    raise InvalidInputError("the rows must have a column of times, got none; declare the time of the map by hand")


def _is_time(text: Any) -> bool:
    try:
        return (
            isinstance(text, str) and not text.strip().isdecimal() and parse_time(text, naive_is_utc=True) is not None
        )
    except InvalidInputError:
        return False


def _describe_format(
    rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, tuple[str, ...]], delimiter: str
) -> dict[str, Any]:
    """Return the delimiter and the decimal mark where they are not the usual ones."""
    columns = [column for names in metrics.values() for column in names]
    has_comma = any(_DECIMAL_COMMA.search(str(row.get(column, ""))) for row in rows for column in columns)
    return ({"delimiter": delimiter} if delimiter != "," else {}) | ({"decimal": ","} if has_comma else {})


def _find_metrics(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    named = {
        metric: next((column for name in names if (column := _find_named(columns, (name,)))), None)
        for metric, names in METRIC_COLUMNS.items()
    }
    return {metric: (column,) for metric, column in named.items() if column}


def _find_key(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], time_column: str) -> tuple[str, ...]:
    """Return the time, the ids and every other dimension, in the order of the columns."""
    metric_names = {name for names in METRIC_COLUMNS.values() for name in names}
    dimensions = {
        dimension.partition("=")[0]
        for row in rows
        for dimension in select_unknown_dimensions(lowercase_names(row), metric_names).dimensions
    }
    return tuple(name for name in columns if name == time_column or name.lower() in dimensions)
