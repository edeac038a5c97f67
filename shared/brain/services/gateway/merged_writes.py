"""Makes one write of two to the same document, so that a hot counter costs one write a commit, not one a caller."""

from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_rules import check_write
from brain.ports.document_store import Increment, Set, Write


def merged(first: Write, second: Write) -> Set | None:
    """Return the one write that does what ``first`` and then ``second`` do, or None where there is none.

    Only merging sets are put together, and only lawful ones: a bad write must not take a good one with it.
    """
    if not (isinstance(first, Set) and isinstance(second, Set) and first.merge and second.merge):
        return None
    data: dict[str, Any] = dict(first.data)
    for name, value in second.data.items():
        if isinstance(value, Increment) and name in data:
            earlier = data[name]
            if not isinstance(earlier, Increment):
                return None
            data[name] = Increment(earlier.by + value.by)
        else:
            data[name] = value
    both = Set(first.path, data, merge=True)
    return both if all(_lawful(write) for write in (first, second, both)) else None


def _lawful(write: Write) -> bool:
    try:
        check_write(write)
    except StoreRefusedError:
        return False
    return True
