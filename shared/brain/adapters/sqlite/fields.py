"""Works out what a write makes of a document, transforms included, as Firestore's server does."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_store import Increment, Transform

_MAX_INT64 = 2**63 - 1
_MIN_INT64 = -(2**63)


def applied(before: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return ``before`` with the named top-level fields of ``data`` changed; ``now`` is the server's time."""
    after = dict(before)
    for name, value in data.items():
        if value is Transform.DELETE_FIELD:
            after.pop(name, None)
        elif value is Transform.SERVER_TIME:
            after[name] = now
        elif isinstance(value, Increment):
            after[name] = _increased(after.get(name), value.by)
        else:
            after[name] = value
    return after


def _increased(current: Any, by: float) -> int | float:
    """Add as the server adds: what is no number counts as 0, whole numbers stop at 64 bits.

    One difference: where the server would store an infinity, this refuses.
    """
    if isinstance(current, bool) or not isinstance(current, int | float):
        return by
    total = current + by
    if isinstance(total, int):
        return max(_MIN_INT64, min(_MAX_INT64, total))
    if not math.isfinite(total):
        raise StoreRefusedError(f"A number is finite, but adding {by} makes it {total}; it cannot count that far.")
    return total
