"""Which fields of a captured change of Salesforce did change, by their names or by bitmaps over the schema.

Enriched events also contain fields that did not change. Read from the Pub/Sub API, ``changedFields`` is a bitmap: bit n
stands for field n of the schema, and ``4-0x10`` for a part of the compound field 4.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

_BITMAP: Final = re.compile(r"(?:(\d{1,4})-)?0[xX]([0-9A-Fa-f]{1,256})")
_HEADER: Final = "ChangeEventHeader"


def find_changed_fields(change: Mapping[str, Any], header: Mapping[str, Any]) -> frozenset[str] | None:
    """Return the names of the fields that changed, None if the bitmaps cannot be resolved without the schema.

    >>> header = {"changedFields": ["StageName", "Name.LastName"]}
    >>> sorted(find_changed_fields({}, header))
    ['Name', 'StageName']
    """
    texts = [text for name in ("changedFields", "nulledFields") for text in _read_texts(header.get(name))]
    bitmaps = [bitmap for text in texts if (bitmap := _BITMAP.fullmatch(text))]
    names = {text.partition(".")[0] for text in texts if not _BITMAP.fullmatch(text)}
    if not bitmaps:
        return frozenset(names)
    resolved = _resolve_positions(change, header, _list_positions(bitmaps))
    return None if resolved is None else resolved | names


def _read_texts(names: Any) -> list[str]:
    return [name for name in names if isinstance(name, str)] if isinstance(names, list) else []


def _list_positions(bitmaps: Sequence[re.Match[str]]) -> set[int]:
    """Return the positions in the schema that the bitmaps name."""
    positions: set[int] = set()
    for bitmap in bitmaps:
        parent, digits = bitmap.groups()
        bits = int(digits, 16)
        positions |= {int(parent)} if parent else {place for place in range(bits.bit_length()) if bits >> place & 1}
    return positions


def _resolve_positions(
    change: Mapping[str, Any], header: Mapping[str, Any], positions: set[int]
) -> frozenset[str] | None:
    """Return the names of the fields at positions of the schema.

    A decoded event lists all fields in the order of the schema, the unchanged ones as null. Without those, the names
    are known only if every field in the event changed, as in an event that is not enriched.
    """
    fields = list(change)
    is_nulled = header.get("nulledFields") not in (None, [])
    present = frozenset(name for name, value in change.items() if value is not None) - {_HEADER}
    if _lists_all_fields(change) and max(positions) < len(fields):
        names = frozenset(fields[position] for position in positions)
        return names if is_nulled or names <= present else None
    is_enriched = is_nulled or len(present) != len(positions)
    return None if is_enriched else present


def _lists_all_fields(change: Mapping[str, Any]) -> bool:
    return next(iter(change)) == _HEADER and None in change.values()
