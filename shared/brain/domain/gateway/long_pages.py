"""Finds pages and reports with more rows than one may have, before any row is read."""

from collections.abc import Iterator
from typing import Any, Final

_MAX_DEPTH: Final = 4
"""Pages and reports have their rows at most two levels deep."""


def find_long_list(payload: Any, max_length: int) -> int | None:
    """Return the length of a list of objects that is longer than ``max_length``, None if there is none.

    >>> find_long_list({"data": [{}, {}, {}]}, 2)
    3
    """
    level = [payload]
    for _ in range(_MAX_DEPTH):
        level = [inner for node in level if isinstance(node, dict) for inner in node.values() if inner]
        longest = max(_iterate_lengths(level), default=0)
        if longest > max_length:
            return longest
    return None


def _iterate_lengths(level: list[Any]) -> Iterator[int]:
    return (len(inner) for inner in level if isinstance(inner, list) and isinstance(inner[0], dict))
