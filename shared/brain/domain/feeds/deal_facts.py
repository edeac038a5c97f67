"""Facts about deals as CRMs write them: the meaning of stages and flags, and the draft of a record from its facts."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Rejected
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.record_facts import IS_DELETED, derive_state
from brain.domain.feeds.report_rows import STATE_COLUMNS, SYNC_COLUMNS, is_deleted_row

# A record that its CRM or its owner marks as made for a test.
_TEST_FIELDS: Final = ("istest", "istestc", "testc", "testrecord", "testrecordc", "istestrecord", "issandbox")
_TRUE_TEXTS: Final = frozenset({"true", "1", "yes", "t", "y"})


def is_true(flag: Any) -> bool:
    """Return whether a flag is set, as a truth value, a number or a text.

    >>> is_true("True"), is_true(1), is_true("0"), is_true(None)
    (True, True, False, False)
    """
    return flag is not None and str(flag).strip().lower() in _TRUE_TEXTS


def is_set(value: Any) -> bool:
    """Return whether a property has a value: a CRM writes None or an empty text where it has none."""
    return value is not None and value != ""


def is_test_record(fields: Mapping[str, Any]) -> bool:
    """Return whether a record, with its names normalized, is marked as a test."""
    return any(is_true(fields.get(name)) for name in _TEST_FIELDS)


def read_row_state(builder: DraftBuilder, row: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    """Return whether the record of a warehouse row still exists, as of the sync that noticed it.

    Nothing follows from a row without a column for it.
    """
    if not any(name in row for name in STATE_COLUMNS):
        return {}
    synced_at = builder.read_time(row, *SYNC_COLUMNS, naive_is_utc=True)
    return {IS_DELETED: Fact(is_deleted_row(row), max(as_of, synced_at or as_of))}


def build_record(
    builder: DraftBuilder,
    feed_type: FeedType,
    facts: Mapping[str, Fact],
    *,
    known_at: datetime,
    occurred_at: datetime | None,
    **fields: Any,
) -> Draft | Rejected:
    """Return the draft of a record, with the metrics, the state and the time that follow from its facts.

    Args:
        builder: The builder, with the faults of all fields that were read.
        feed_type: The feed.
        facts: What this form of the record says.
        known_at: When it was received.
        occurred_at: The time of the record if no fact gives one.
        fields: The other fields of the draft.
    """
    state = derive_state(facts, known_at)
    builder.metrics |= state.metrics
    return builder.build(
        feed_type,
        state.occurred_at or occurred_at,
        cumulative=True,
        is_record=True,
        facts=facts,
        retracted=state.retracted,
        **fields,
    )
