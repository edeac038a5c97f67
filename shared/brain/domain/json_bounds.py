"""Bounds of untrusted JSON, checked on its bytes before anything is built from them.

A value of JSON takes up to a hundred times the memory of its two characters, and every later step takes time per value.
So values and nesting are counted first, by operations that take about a millisecond per megabyte.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 500_000
"""An element counts once, a member of an object twice (name and value), a list or object once more: 2,000 rows of 125
columns."""
MAX_NAMES: Final = 10_000
"""Of one object; readers look at all names of an object several times."""
MAX_NUMBER_CHARACTERS: Final = 400
# Possessive throughout, so that an open string is read once. A piece takes milliseconds, after which others may run.
_STRING: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\Z)', re.DOTALL)
_PIECE: Final = re.compile(rb'(?:[^"]++|"(?:[^"\\]++|\\.)*+(?:"|\Z)){1,8192}+', re.DOTALL)
_NON_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_SHORTEST_VALUE: Final = 2  # bytes, with its comma


def find_excess(body: bytes, max_values: int = MAX_VALUES) -> str | None:
    """Return which bound a JSON text exceeds and what to do, None if it is within all of them.

    Args:
        body: JSON, not parsed yet; what is no JSON at all is left for the parser to refuse.
        max_values: The number of values it may have.
    """
    return find_many_values(body, max_values) or _find_deep_nesting(body)


def find_many_values(body: bytes, max_values: int = MAX_VALUES) -> str | None:
    """Return that a JSON text has too many values and what to do, None if it has not.

    >>> find_many_values(b"[[],[],[]]", max_values=3)
    'at most 3 JSON names and values per request, got more; split the request'
    """
    return find_many_values_in_all([body], max_values)


def find_many_values_in_all(texts: Sequence[bytes], max_values: int = MAX_VALUES) -> str | None:
    """Return that several JSON texts have too many values together and what to do, None if they have not.

    >>> find_many_values_in_all([b"[[],[]]", b"[[]]"], max_values=4)
    'at most 4 JSON names and values per request, got more; split the request'
    """
    if sum(map(len, texts)) < _SHORTEST_VALUE * max_values or sum(map(_count_values, texts)) <= max_values:
        return None
    count = 0
    for piece in (piece for text in texts for piece in _iterate_structure(text)):
        count += _count_values(piece)
        if count > max_values:
            return f"at most {max_values} JSON names and values per request, got more; split the request"
    return None


def _find_deep_nesting(body: bytes) -> str | None:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return None
    brackets = b"".join(piece.translate(None, _NON_BRACKETS) for piece in _iterate_structure(body))
    for _ in range(MAX_DEPTH):
        if not brackets:
            return None
        brackets = brackets.replace(b"[]", b"").replace(b"{}", b"")
    if not brackets:
        return None
    return f"expected JSON nested at most {MAX_DEPTH} levels deep with matching brackets; send a flatter payload"


def _iterate_structure(body: bytes) -> Iterator[bytes]:
    """Yield the body without its strings, piece by piece."""
    for piece in _PIECE.finditer(body):
        yield _STRING.sub(b"", piece[0])


def _count_values(text: bytes) -> int:
    """Return the number of names and values of a text without strings, or more than that of a text with strings."""
    return text.count(b",") + text.count(b":") + text.count(b"[") + text.count(b"{")
