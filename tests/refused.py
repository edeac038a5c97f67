"""Paths and documents at the edge of what Firestore takes, on either side of it."""

from datetime import datetime, timedelta, timezone
from typing import Any

from brain.ports.document_sizes import MAX_DOCUMENT_BYTES, MAX_LEAF_BYTES
from brain.ports.document_store import Increment, Transform


def nested(depth: int, *, through_lists: bool = False) -> Any:
    """Return 1 inside ``depth`` maps, or maps and lists in turn."""
    value: Any = 1
    for level in range(depth):
        value = [value] if through_lists and level % 2 else {"k": value}
    return value


# (path, whether the emulator refuses it too)
REFUSED_PATHS = {
    "": True,
    "c": True,
    "c/d/e": True,
    "/c/d": True,
    "c/d/": True,
    "c//d": True,
    "c/.": True,
    "c/..": True,
    "./d": True,
    "c/__x__": True,
    "c/_____": True,
    "__c__/d": True,
    "c/d/__e__/f": True,
    "c/" + "x" * 1501: True,
    "c/" + "é" * 751: True,
    "c" * 1501 + "/d": True,
    "/".join(["c/d"] * 101): True,
    "c/____": False,
    "c/a\nb": False,
    "c/a\x00": False,
    "/".join(["c" * 1000 + "/d"] * 7): False,
}
TAKEN_PATHS = [
    "c/" + "x" * 1500,
    "c/" + "é" * 750,
    "/".join(["c/d"] * 100),
    "c/a b",
    "c/__x",
    "c/x__",
    "c/...",
    "c/_",
    "it's a collection-id/d",
    "c/ünï:code~*[]`'\"\\%2F",
]
# name -> (document, whether the emulator refuses it too)
REFUSED_DOCUMENTS: dict[str, tuple[dict[Any, Any], bool]] = {
    "reserved field": ({"__x__": 1}, True),
    "empty field": ({"": 1}, True),
    "long field": ({"x" * 1501: 1}, True),
    "reserved key": ({"m": {"__x__": 1}}, True),
    "empty key": ({"m": {"": 1}}, True),
    "long path of keys": ({"m": {"x" * 1499: 1}}, True),
    "list in list": ({"a": [[1]]}, True),
    "list in list in map": ({"a": {"b": [{"c": [1, [2]]}]}}, True),
    "too deep": ({"a": nested(21)}, True),
    "too deep through lists": ({"a": nested(21, through_lists=True)}, True),
    "long text": ({"a": "x" * (MAX_LEAF_BYTES + 1)}, True),
    "long bytes": ({"a": b"x" * (MAX_LEAF_BYTES + 1)}, True),
    "large in sum": ({"a": "x" * 600_000, "b": "x" * 600_000}, True),
    "not a number": ({"a": float("nan")}, False),
    "infinite": ({"a": [float("-inf")]}, False),
    "many small maps": ({"a": [{} for _ in range(40_000)]}, False),
}
UNSPEAKABLE_DOCUMENTS: dict[str, Any] = {
    "unsigned 64 bits": {"a": 2**63},
    "below 64 bits": {"a": -(2**63) - 1},
    "naive time": {"a": datetime(2026, 1, 1)},  # noqa: DTZ001 - the case itself
    "time before the first": {"a": datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=1)))},
    "time after the last": {"a": datetime(9999, 12, 31, 23, tzinfo=timezone(timedelta(hours=-2)))},
    "set": {"a": {1, 2}},
    "complex": {"a": 1j},
    "object": {"a": object()},
    "lone surrogate": {"a": "\ud800"},
    "surrogate in a name": {"\ud800": 1},
    "name that is no text": {1: 1},
    "key that is no text": {"m": {None: 1}},
    "not a mapping": [("a", 1)],
    "server time inside": {"m": {"at": Transform.SERVER_TIME}},
    "increment in a list": {"l": [Increment(1)]},
    "deletion inside": {"m": {"gone": Transform.DELETE_FIELD}},
    "increment by text": {"n": Increment("1")},  # type: ignore[arg-type]
    "increment by True": {"n": Increment(True)},
    "increment by infinity": {"n": Increment(float("inf"))},
    "increment beyond 64 bits": {"n": Increment(2**63)},
    "recursion": {"a": nested(100_000)},
}
TAKEN_DOCUMENTS: dict[str, dict[str, Any]] = {
    "deep": {"a": nested(20)},
    "deep through lists": {"a": nested(20, through_lists=True)},
    "long field": {"x" * 1500: 1},
    "long path of keys": {"m": {"x" * 1498: 1}},
    "exactly 1 MiB": {"a": "x" * 500_000, "b": "x" * (MAX_DOCUMENT_BYTES - 500_000 - 58)},
    "long text": {"a": "x" * MAX_LEAF_BYTES},
    "underscores": {"_": 1, "__": 2, "___": 3, "__a": 4, "a__": 5},
    "nothing": {},
}
