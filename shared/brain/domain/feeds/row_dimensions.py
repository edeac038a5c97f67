"""The dimensions of flat report rows beyond those that a feed knows: every one of them is part of the row's key."""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any, Final, NamedTuple

from brain.domain.events import Notice
from brain.domain.feeds.json_values import parse_embedded_json, parse_number, snake_case_names
from brain.domain.feeds.report_rows import STATE_COLUMNS, TIME_COLUMNS, VOLATILE_COLUMNS
from brain.errors import InvalidInputError

MAX_NAMED_COLUMNS: Final = 8
_EMPTY_TEXTS: Final = frozenset({"", "-", "--", "—"})
# What a row says about its content and not about its figures: it may change without making another total.
ATTRIBUTE_COLUMNS: Final = frozenset({
    "status", "effective_status", "configured_status", "delivery_status", "serving_status", "primary_status",
    "review_status", "currency", "timezone", "time_zone", "thumbnail", "etag",
    "created_time", "created_at", "created", "start_time", "stop_time", "end_time",
})  # fmt: skip
_ATTRIBUTE_SUFFIXES: Final = (
    "_currency", "_currency_code", "_time_zone", "_timezone", "_ranking", "_budget", "_start_date", "_end_date",
    "thumbnail_url", "image_url", "media_url", "picture_url", "preview_url", "cover_url", "avatar_url", "embed_url",
)  # fmt: skip
# What describes a content if the row has an id of it, and is what the row is about if the row has none.
_DESCRIPTIONS: Final = frozenset(
    {"name", "title", "description", "caption", "url", "permalink", "permalink_url", "link"}
)
_CONTENT_IDS: Final = frozenset({
    "id", "content_id", "post_id", "video_id", "media_id", "page_id", "item_id", "product_id", "message_id",
    "article_id", "creative_id", "status_id",
})  # fmt: skip
_AD_SETTINGS: Final = frozenset({
    "objective", "buying_type", "bid_strategy", "bidding_strategy_type", "optimization_goal", "billing_event",
})  # fmt: skip
_AD_IDS: Final = frozenset({"id", "ad_id", "adset_id", "ad_set_id", "adgroup_id", "ad_group_id", "campaign_id"})
DERIVED_FIGURES: Final = re.compile(
    r"ctr|cpc|cpm|cpv|cpa|cpp|roas|frequency|(?:cost|value|average|avg|percent)_.+|.+_(?:rate|ratio|ctr|cpc|cpm|roas|share|percent|percentage)"
)
"""Rates, averages and costs per action, which follow from the figures."""
_STEM_SUFFIXES: Final = ("_name", "_title", "_status", "_url")
# What identifies a copy of a row, or the load that copied it, and not what the row is about.
_LOAD_COLUMNS: Final = frozenset({
    "uuid", "guid", "row_id", "insert_id", "batch_id", "load_id", "sync_id", "run_id", "job_id", "etl_id", "request_id",
    "record_hash", "row_hash", "checksum", "md5", "row_number",
})  # fmt: skip
_ROW_COLUMNS: Final = VOLATILE_COLUMNS | {*TIME_COLUMNS, *STATE_COLUMNS, *_LOAD_COLUMNS}
# Connectors start the names of their own columns with an underscore; only these two identify a row.
_CONNECTOR_IDS: Final = frozenset({"_fivetran_id", "_sdc_customer_id"})


class RowDimensions(NamedTuple):
    """The dimensions of a flat row that its feed does not know, and notices about columns that might be some."""

    dimensions: tuple[str, ...]
    notices: tuple[Notice, ...]


def select_unknown_dimensions(
    row: Mapping[str, Any],
    known: Collection[str],
    figures: re.Pattern[str] = DERIVED_FIGURES,
    in_key: Collection[str] = (),
) -> RowDimensions:
    """Return the dimensions of a flat row besides the columns that its feed knows.

    A text, a truth value and an ``*_id`` are dimensions: rows that differ in one are different totals. Names, states
    and other attributes of what the row has an id of are not, because they change without making another total; nor is
    an unknown number, which is more likely a metric and is named in a notice.

    Args:
        row: The row with its column names in lower case.
        known: The columns that the feed reads as its time or a metric, or knows as an attribute.
        figures: The names of numbers that are known not to be dimensions and need no notice, such as rates.
        in_key: The columns that are part of the key already if they have a text or a number.

    >>> row = {"ad_id": 7, "ad_name": "A", "clicks": 3, "media_type": "video", "score": 4}
    >>> select_unknown_dimensions(row, {"clicks"}, in_key={"ad_id"}).dimensions
    ('media_type=video',)
    """
    dimensions: list[str] = []
    unread: list[str] = []
    for name, value in row.items():
        if value is None or name in known or (name in in_key and not isinstance(value, bool | Mapping)):
            continue
        if not _is_row_column(name) and not _is_attribute(name, row):
            _sort_column(name, value, dimensions, unread)
    return RowDimensions(tuple(sorted(dimensions)), _note_unread_columns(unread, figures))


def is_dimension_text(name: str, row: Mapping[str, Any]) -> bool:
    """Return whether a column with a text is a dimension, and no number or description of what the row has an id of.

    >>> row = {"ad_id": "7", "ad_name": "A", "device": "mobile", "ctr": "0.10"}
    >>> [name for name in row if is_dimension_text(name, row)]
    ['ad_id', 'device']
    """
    return not _is_attribute(name, row) and _is_dimension(name, row[name])


def _sort_column(name: str, value: Any, dimensions: list[str], unread: list[str]) -> None:
    """Add a column to the dimensions or to the unread numbers; lists, objects of numbers and empty ones are neither."""
    if isinstance(value, Mapping):
        dimensions += select_nested_dimensions(value, f"{name}.")
    elif _is_dimension(name, value):
        dimensions.append(f"{name}={value if isinstance(value, str) else json.dumps(value)}")
    elif not isinstance(value, (str, list)) or _is_number_text(value):
        unread.append(name)


def select_nested_dimensions(part: Mapping[str, Any], prefix: str) -> list[str]:
    """Return the dimensions in an object, such as the id of an asset; its addresses and labels only describe it.

    >>> select_nested_dimensions({"id": "7", "thumbnail_url": "https://cdn.example/1"}, "video_asset.")
    ['video_asset.id=7']
    """
    dimensions: list[str] = []
    columns = snake_case_names(part)
    for name, value in sorted(columns.items()):
        if _is_row_column(name) or _is_attribute(name, columns):
            continue
        if isinstance(value, Mapping):
            dimensions += select_nested_dimensions(value, f"{prefix}{name}.")
        elif _is_dimension(name, value):
            dimensions.append(f"{prefix}{name}={value if isinstance(value, str) else json.dumps(value)}")
    return dimensions


def _is_row_column(name: str) -> bool:
    """Return whether a column is about the copy of a row in its warehouse."""
    return name in _ROW_COLUMNS or (name.startswith("_") and name not in _CONNECTOR_IDS)


def _is_attribute(name: str, row: Mapping[str, Any]) -> bool:
    """Return whether a column only describes: a ``*_name`` does if the row has the ``*_id`` that it belongs to."""
    if name in ATTRIBUTE_COLUMNS or name.endswith(_ATTRIBUTE_SUFFIXES):
        return True
    if name in _DESCRIPTIONS:
        return not _CONTENT_IDS.isdisjoint(row)
    if name in _AD_SETTINGS:
        return not _AD_IDS.isdisjoint(row)
    return name.endswith(_STEM_SUFFIXES) and row.get(f"{name.rpartition('_')[0]}_id") is not None


def _is_dimension(name: str, value: Any) -> bool:
    if isinstance(value, str):
        text = value.strip()
        is_json = text[:1] in ("[", "{") and not isinstance(parse_embedded_json(text), str)
        return text not in _EMPTY_TEXTS and (_is_id_column(name) or not (is_json or _is_number_text(text)))
    return isinstance(value, bool) or (_is_id_column(name) and isinstance(value, int))


def _is_id_column(name: str) -> bool:
    return name == "id" or name.endswith(("_id", "_ids"))


def _is_number_text(value: Any) -> bool:
    if not isinstance(value, str) or value.isalpha():
        return False
    try:
        return parse_number(value) is not None
    except InvalidInputError:
        return False


def _note_unread_columns(unread: list[str], figures: re.Pattern[str]) -> tuple[Notice, ...]:
    names = sorted(name for name in unread if not figures.fullmatch(name))
    if not names:
        return ()
    listed = ", ".join(names[:MAX_NAMED_COLUMNS])
    message = (
        f"numbers in unknown columns are no part of the key and counted in no metric, got {listed}; name those that "
        "are dimensions in the key of a field map"
    )
    return (Notice("unread_columns", message),)
