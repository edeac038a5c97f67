"""The effect of a write on a document, including transforms, as Firestore's server computes it."""

import math
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from brain.errors import StoreRefusedError
from brain.ports.document_store import Increment, Transform

_MAX_INT64 = 2**63 - 1
_MIN_INT64 = -(2**63)


def apply_changes(before: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return ``before`` with the top-level fields of ``data`` changed; ``now`` is the time of the server."""
    after = dict(before)
    for name, value in data.items():
        if value is Transform.DELETE_FIELD:
            after.pop(name, None)
        elif value is Transform.SERVER_TIME:
            after[name] = now
        elif isinstance(value, Increment):
            after[name] = _increment(after.get(name), value.by)
        else:
            after[name] = value
    return after


def _increment(current: Any, by: float) -> int | float:
    """Return the sum as the server computes it: a non-number counts as 0, integers saturate at 64 bits.

    Unlike the server, this rejects an infinite sum.
    """
    if isinstance(current, bool) or not isinstance(current, int | float):
        return by
    total = current + by
    if isinstance(total, int):
        return max(_MIN_INT64, min(_MAX_INT64, total))
    if not math.isfinite(total):
        raise StoreRefusedError(f"a number must be finite, got {total} after adding {by}; use smaller numbers")
    return total
