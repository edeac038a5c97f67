"""The longest list of rows in a payload, found before any of them is read."""

from typing import Any, Final

_MAX_NESTING: Final = 4  # pages and reports have their rows at most two levels deep


def find_long_list(payload: Any, max_length: int) -> int | None:
    """Return the length of a list of objects that has more than a page may have, None if there is none."""
    level: list[Any] = [payload]
    for _ in range(_MAX_NESTING):
        level = [
            inner
            for node in level
            if isinstance(node, dict)
            for inner in node.values()
            if isinstance(inner, dict) or _is_list_of_objects(inner)
        ]
        longest = max((len(inner) for inner in level if isinstance(inner, list)), default=0)
        if longest > max_length:
            return longest
    return None


def _is_list_of_objects(node: Any) -> bool:
    return isinstance(node, list) and bool(node) and isinstance(node[0], dict)
