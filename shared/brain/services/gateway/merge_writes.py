"""Merges two writes to one document, so that a hot counter costs one write per commit instead of one per caller."""

from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_rules import check_write
from brain.ports.document_store import Increment, Set, Write


def merge_writes(earlier: Write, later: Write) -> Set | None:
    """Return one write with the effect of both in their order, or None when there is none.

    Only merging sets are merged, and only valid ones, so that an invalid write does not take a valid one with it.
    """
    if not (isinstance(earlier, Set) and isinstance(later, Set) and earlier.merge and later.merge):
        return None
    fields: dict[str, Any] = dict(earlier.data)
    for name, change in later.data.items():
        if isinstance(change, Increment) and name in fields:
            increment = fields[name]
            if not isinstance(increment, Increment):
                return None
            fields[name] = Increment(increment.by + change.by)
        else:
            fields[name] = change
    merged_write = Set(earlier.path, fields, merge=True)
    return merged_write if all(map(_is_valid, (earlier, later, merged_write))) else None


def _is_valid(write: Write) -> bool:
    try:
        check_write(write)
    except StoreRefusedError:
        return False
    return True
