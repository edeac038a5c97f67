"""Changes to parsed YAML: every key by its path, other values to try for it, and copies with one key changed."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, TypeAlias

KeyPath: TypeAlias = tuple[str | int, ...]


def walk_leaves(tree: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the path and value of every leaf; an empty mapping or list is a leaf."""
    for key, child in list_children(tree):
        if list_children(child):
            yield from walk_leaves(child, (*path, key))
        else:
            yield (*path, key), child


def walk_nodes(tree: Any, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the path and value of every node below ``tree``: each key of a mapping and each element of a list."""
    for key, child in list_children(tree):
        yield (*path, key), child
        yield from walk_nodes(child, (*path, key))


def list_children(tree: Any) -> list[tuple[str | int, Any]]:
    """Return the keys and values of a mapping or list, and nothing for any other value."""
    if isinstance(tree, Mapping):
        return list(tree.items())
    return list(enumerate(tree)) if isinstance(tree, list) else []


def replace(tree: Any, path: KeyPath, value: Any) -> Any:
    """Return a copy of ``tree`` with ``value`` at ``path``, which may be new in its mapping."""
    if not path:
        return value
    key, *rest = path
    copy = tree.copy()
    copy[key] = replace(tree[key], tuple(rest), value) if rest else value
    return copy


def remove(tree: Any, path: KeyPath) -> Any:
    """Return a copy of ``tree`` without the key or element at ``path``."""
    key, *rest = path
    copy = tree.copy()
    if rest:
        copy[key] = remove(tree[key], tuple(rest))
    else:
        del copy[key]
    return copy


def suggest_values(value: Any, siblings: Sequence[Any]) -> list[Any]:
    """Return other values for a leaf, those of similar keys in the same file first where it is a text."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | float):
        return _suggest_numbers(value)
    if isinstance(value, date):
        return [value + timedelta(days=days) for days in (30, -30, 1)]
    if isinstance(value, str):
        texts = [sibling for sibling in siblings if isinstance(sibling, str) and sibling != value]
        return [*list(dict.fromkeys(texts))[:8], value + "x"]
    return [sibling for sibling in siblings if sibling != value][:4]


def _suggest_numbers(value: float) -> list[float]:
    numbers = [value * 1.5, value * 0.5, value + 1, value - 1, value * 10, value * 2, 0, value / 10, value / 100]
    if isinstance(value, int):
        numbers = [round(number) for number in numbers] + numbers
    return [number for number in dict.fromkeys(numbers) if number != value]


def group_siblings(tree: Any) -> dict[tuple[object, ...], list[Any]]:
    """Return the values of all leaves by the shape of their path, so that legal values of a key can be found."""
    groups: dict[tuple[object, ...], list[Any]] = {}
    for path, value in walk_leaves(tree):
        groups.setdefault(shape_of(path), []).append(value)
    return groups


def shape_of(path: KeyPath) -> tuple[object, ...]:
    """Return what the paths of similar leaves share: the first key, the last name, the length."""
    names = [part for part in path if isinstance(part, str)]
    return path[0], names[-1] if names else None, len(path), isinstance(path[-1], int)


def format_path(path: KeyPath) -> str:
    """Return the path with dots, such as ``policy.score_weights.priority``."""
    return ".".join(map(str, path))
