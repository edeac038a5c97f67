"""Two writes to one document become one only where that does the same."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.adapters.sqlite.store import SqliteStore
from brain.ports.document_store import Create, Delete, Increment, Set, Transform, Update, Write
from brain.services.gateway.merge_writes import merge_writes
from brain.testing.manual_clock import ManualClock

CLOCK = ManualClock(datetime(2026, 11, 22, 7, 30, tzinfo=UTC))
fields = st.sampled_from("abc")
values = (
    st.integers(-5, 5)
    | st.text(max_size=2)
    | st.none()
    | st.sampled_from([Transform.SERVER_TIME, Transform.DELETE_FIELD])
    | st.integers(-5, 5).map(Increment)
    | st.sampled_from([0.5, -0.25]).map(Increment)
)
documents = st.dictionaries(fields, values)
plain = st.dictionaries(fields, st.integers(-5, 5) | st.text(max_size=2))


def state_after(before: dict[str, Any] | None, *writes: Write) -> dict[str, Any]:
    """Return what a store holds after writing."""
    store = SqliteStore(":memory:", CLOCK)
    if before is not None:
        store.create("c/d", before)
    for write in writes:
        store.commit([write])
    read = store.get("c/d")
    store.close()
    assert read is not None
    return read.data


@pytest.mark.slow
@given(before=st.none() | plain, first=documents, second=documents)
def test_one_write_does_what_both_do(before: dict[str, Any] | None, first: Any, second: Any) -> None:
    """For any two merging sets and any document: the one write leaves what the two leave, one after the other."""
    earlier_write, later_write = Set("c/d", first, merge=True), Set("c/d", second, merge=True)
    both = merge_writes(earlier_write, later_write)
    if both is not None:
        assert state_after(before, both) == state_after(before, earlier_write, later_write)
    else:
        assert any(isinstance(second[name], Increment) for name in first.keys() & second.keys())


MERGING = Set("c/d", {"n": Increment(1)}, merge=True)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (MERGING, Set("c/d", {"n": 1})),
        (Set("c/d", {"n": 1}), MERGING),
        (MERGING, Create("c/d", {})),
        (MERGING, Update("c/d", {"n": 1})),
        (Delete("c/d"), MERGING),
        (MERGING, Set("c/d", {"bad": [[1]]}, merge=True)),
        (Set("c/d", {"__bad__": 1}, merge=True), MERGING),
        (Set("c/d", {"n": Increment(2**63 - 1)}, merge=True), MERGING),
        (Set("c/d", {"a": "x" * 600_000}, merge=True), Set("c/d", {"b": "x" * 600_000}, merge=True)),
        (Set("c/d", {"n": 1}, merge=True), MERGING),
    ],
)
def test_what_would_do_something_else_stays_two(first: Write, second: Write) -> None:
    """Whole sets, preconditions, unlawful writes, sums past 64 bits and documents past 1 MiB are not put together."""
    assert merge_writes(first, second) is None
