"""The dimensions of flat report rows beyond those that a feed knows: every one of them is part of the row's key."""

import json
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from brain.domain.events import Notice
from brain.domain.feeds.json_values import parse_number
from brain.domain.feeds.report_rows import STATE_COLUMNS, TIME_COLUMNS, VOLATILE_COLUMNS
from brain.errors import InvalidInputError

MAX_NAMED_COLUMNS: Final = 8
_EMPTY_TEXTS: Final = frozenset({"", "-", "--", "—"})
# What a row says about its content and not about its figures: it may change without making another total.
ATTRIBUTE_COLUMNS: Final = frozenset({
    "name", "title", "description", "status", "state", "url", "permalink", "currency", "timezone", "time_zone",
    "objective", "buying_type", "bid_strategy", "bidding_strategy_type", "optimization_goal", "thumbnail",
})  # fmt: skip
_ATTRIBUTE_SUFFIXES: Final = (
    "_name", "_title", "_status", "_currency", "_currency_code", "_time_zone", "_timezone", "_url", "_ranking",
    "_budget",
)  # fmt: skip
_ROW_COLUMNS: Final = VOLATILE_COLUMNS | {*TIME_COLUMNS, *STATE_COLUMNS}


class RowDimensions(NamedTuple):
    """The dimensions of a flat row that its feed does not know, and notices about columns that might be some."""

    dimensions: tuple[str, ...]
    notices: tuple[Notice, ...]


def select_unknown_dimensions(row: Mapping[str, Any], known: Collection[str]) -> RowDimensions:
    """Return the dimensions of a flat row besides the columns that its feed knows.

    A text, a truth value and an ``*_id`` are dimensions: rows that differ in one are different totals. Names, states
    and other attributes are not, because they change without making another total; nor is an unknown number, which is
    more likely a metric and is named in a notice.

    Args:
        row: The row with its column names in lower case.
        known: The columns that the feed reads as its key, its time or a metric, or knows as an attribute.

    >>> row = {"ad_id": 7, "ad_name": "A", "clicks": 3, "media_type": "video", "score": 4}
    >>> select_unknown_dimensions(row, {"ad_id", "clicks"}).dimensions
    ('media_type=video',)
    """
    dimensions, unread = [], []
    for name, value in sorted(row.items()):
        if name in known or name in _ROW_COLUMNS or _is_attribute(name, row):
            continue
        if _is_dimension(name, value):
            dimensions.append(f"{name}={value if isinstance(value, str) else json.dumps(value)}")
        elif (value is not None and not isinstance(value, (str, list, Mapping))) or _is_number_text(value):
            unread.append(name)
    return RowDimensions(tuple(dimensions), _note_unread_columns(unread))


def _is_attribute(name: str, row: Mapping[str, Any]) -> bool:
    """Return whether a column only describes: a ``*_name`` does if the row has the ``*_id`` that it belongs to."""
    if name.endswith("_name") and f"{name.removesuffix('_name')}_id" not in row:
        return False
    return name in ATTRIBUTE_COLUMNS or name.endswith(_ATTRIBUTE_SUFFIXES)


def _is_dimension(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return value.strip() not in _EMPTY_TEXTS and (_is_id_column(name) or not _is_number_text(value))
    return isinstance(value, bool) or (_is_id_column(name) and isinstance(value, int))


def _is_id_column(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids"))


def _is_number_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        return parse_number(value) is not None
    except InvalidInputError:
        return False


def _note_unread_columns(names: list[str]) -> tuple[Notice, ...]:
    if not names:
        return ()
    listed = ", ".join(names[:MAX_NAMED_COLUMNS])
    message = (
        f"numbers in unknown columns are no part of the key and counted in no metric, got {listed}; name those that "
        "are dimensions in the key of a field map"
    )
    return (Notice("unread_columns", message),)
