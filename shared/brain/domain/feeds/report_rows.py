"""What report rows of all providers share: sync columns, keys made of dimensions, and the time of running totals."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Final, NamedTuple

from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import describe_type, to_text

# When a connector copied the row: it changes with every copy and is not part of the row's content.
SYNC_COLUMNS: Final = (
    "_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "_sdc_extracted_at", "_sdc_batched_at",
    "_synced_at", "synced_at", "_loaded_at", "fetched_at", "retrieved_at", "_dlt_load_time",
)  # fmt: skip
_BATCH_COLUMNS: Final = (
    "_airbyte_raw_id", "_airbyte_ab_id", "_airbyte_meta", "_airbyte_generation_id", "_airbyte_loaded_at",
    "_airbyte_normalized_at", "_fivetran_batch", "_fivetran_index", "_sdc_sequence", "_sdc_received_at",
    "_sdc_table_version", "_sdc_replication_id", "_dlt_id", "_dlt_load_id", "__hevo__ingested_at", "__hevo__loaded_at",
    "__hevo_id",
)  # fmt: skip
VOLATILE_COLUMNS: Final = frozenset({
    *SYNC_COLUMNS, *(name.upper() for name in SYNC_COLUMNS),
    "etag", *_BATCH_COLUMNS, *(name.upper() for name in _BATCH_COLUMNS),
})  # fmt: skip
# Whether a copied record still exists in its source.
STATE_COLUMNS: Final = (
    "_fivetran_deleted", "is_deleted", "isdeleted", "deleted", "archived", "is_archived", "_deleted", "__deleted",
    "_sdc_deleted_at", "_ab_cdc_deleted_at", "deleted_at",
)  # fmt: skip
_STATES: Final = frozenset(STATE_COLUMNS)
_NOT_DELETED: Final = frozenset({"", "false", "0", "no", "f", "n"})
# When the provider or a connector last wrote the row: decides which of two copies is newer.
TIME_COLUMNS: Final = (
    *SYNC_COLUMNS, "updated_at", "updatedat", "updated_time", "last_modified_at", "lastmodifieddate", "systemmodstamp",
    "modified_at", "last_updated",
)  # fmt: skip
_MIDNIGHT: Final = re.compile(r"(\d{4}-\d\d-\d\d)[T ]00:00(?::00(?:\.0{1,9})?)?", re.ASCII)
_TIMES: Final = frozenset(TIME_COLUMNS)


class TotalTime(NamedTuple):
    """The time of a running total; ``undated`` says that the provider gave none."""

    occurred_at: datetime
    undated: bool


def select_dimensions(row: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Return ``name=value`` for each of ``names`` that the row has, in the given order: what the row is about.

    >>> select_dimensions({"ad_id": 7, "clicks": 3}, ("ad_id", "device"))
    ('ad_id=7',)
    """
    dimensions = ((name, to_text(row[name])) for name in names if name in row)
    return tuple(f"{name}={text}" for name, text in dimensions if text is not None)


def check_ids(builder: DraftBuilder, row: Mapping[str, Any], names: Iterable[str]) -> None:
    """Note a fault for each of ``names`` whose value can be no identifier: without it the row has another key."""
    for name in names:
        value = row.get(name)
        if value is not None and not isinstance(value, str) and to_text(value) is None:
            builder.faults.append(f"{name}: expected a text or a whole number, got {describe_type(value)}")


def is_deleted_row(row: Mapping[str, Any]) -> bool:
    """Return whether a row says of itself that its record was deleted or archived in its source.

    >>> is_deleted_row({"_fivetran_deleted": "true"}), is_deleted_row({"deleted_at": None})
    (True, False)
    """
    if _STATES.isdisjoint(row):
        return False
    states = (row.get(name) for name in STATE_COLUMNS)
    return any(str(state).strip().lower() not in _NOT_DELETED for state in states if state is not None)


def read_row_time(
    builder: DraftBuilder, row: Mapping[str, Any], names: Sequence[str] = TIME_COLUMNS
) -> datetime | None:
    """Return when the provider or a connector last wrote a row, None without such a column."""
    if _TIMES.isdisjoint(row):
        return None
    return builder.read_time(row, *names, naive_is_utc=True)


def to_day(value: Any) -> Any:
    """Return the day of a date that a warehouse exports as the midnight of a clock without an offset.

    >>> to_day("2026-11-20 00:00:00"), to_day("2026-11-20T00:00:00Z")
    ('2026-11-20', '2026-11-20T00:00:00Z')
    """
    midnight = _MIDNIGHT.fullmatch(value) if isinstance(value, str) else None
    return midnight[1] if midnight else value


def list_parent_names(row: Mapping[str, Any], levels: Sequence[str]) -> frozenset[str]:
    """Return the name columns that only describe what a row belongs to: those of its most specific id and above.

    >>> sorted(list_parent_names({"adset_id": 3, "ad_name": "A"}, ("ad", "adset", "campaign")))
    ['adset', 'adset_name', 'adset_status', 'campaign', 'campaign_name', 'campaign_status']
    """
    for index, level in enumerate(levels):
        if to_text(row.get(f"{level}_id")):
            return _name_levels(tuple(levels[index:]))
    return frozenset()


@lru_cache(maxsize=256)
def _name_levels(parents: tuple[str, ...]) -> frozenset[str]:
    return frozenset(f"{level}{suffix}" for level in parents for suffix in ("", "_name", "_status"))


def resolve_total_time(
    builder: DraftBuilder, provider_time: datetime | None, context: FeedContext, row: Mapping[str, Any] | None = None
) -> TotalTime:
    """Return the provider's time of a running total, else when it was synced, else when it was received.

    Only for totals, which are known as of now. An event needs its own time.
    """
    if provider_time is not None:
        return TotalTime(provider_time, undated=False)
    source = builder.payload if row is None else row
    synced_at = builder.read_time(source, *SYNC_COLUMNS, naive_is_utc=True)
    return TotalTime(synced_at or context.received_at, undated=True)
