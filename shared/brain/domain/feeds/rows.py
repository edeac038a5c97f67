"""What report rows have in common: columns of syncs, keys made of dimensions, and when a running total was known."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.reading import Reading, text

# When a connector copied the row: changes with every copy, and is no part of what the row says.
SYNC_COLUMNS: Final = (
    "_fivetran_synced", "_airbyte_extracted_at", "_airbyte_emitted_at", "_sdc_extracted_at", "_sdc_batched_at",
    "_synced_at",
    "synced_at", "_loaded_at", "fetched_at", "retrieved_at", "_dlt_load_time",
)  # fmt: skip
VOLATILE: Final = frozenset(
    {
        *SYNC_COLUMNS,
        *(name.upper() for name in SYNC_COLUMNS),
        "etag",
        "_airbyte_raw_id",
        "_airbyte_ab_id",
        "_sdc_sequence",
    }
)


class Known(NamedTuple):
    """When a running total was known, and whether the provider gave no other time for it."""

    at: datetime
    undated: bool


def dimensions(row: Mapping[str, Any], names: Iterable[str]) -> tuple[str, ...]:
    """Return ``name=value`` for each of ``names`` that the row has, in the given order: what the row is about."""
    return tuple(f"{name}={found}" for name in names if name in row and (found := text(row[name])) is not None)


def known(
    reading: Reading, own_time: datetime | None, context: FeedContext, row: Mapping[str, Any] | None = None
) -> Known:
    """Return a running total's own time, else when it was fetched or synced, else when it was received.

    Only for totals: "now" is when such a total is known. An event has no such excuse and needs its own time.
    """
    if own_time is not None:
        return Known(own_time, undated=False)
    source = reading.item if row is None else row
    synced = reading.time(source, *SYNC_COLUMNS, naive_is_utc=True)
    return Known(synced or context.received_at, undated=True)
