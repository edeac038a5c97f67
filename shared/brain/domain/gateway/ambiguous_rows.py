"""Rows of one request under one key: versions of a record, parts of one total, or ambiguous."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Rejected
from brain.domain.gateway.normalize import IdentifiedEvent

AMBIGUOUS_KEY: Final = "ambiguous_key"
MAX_NAMED_COLUMNS: Final = 8


def find_ambiguous_rows(rows: Iterable[IdentifiedEvent]) -> dict[str, Rejected]:
    """Return the rejection of every key under which a request has different rows, by event id.

    Rows may share a key if every column that two of them have is equal in both, as when one query asks for the views
    and another for the clicks of the same content. Two forms of a record with different times are versions of it.
    Anything else would let one row overwrite another. Forms of a record that state facts, such as two changes of one
    deal, contradict each other only if they state different values of one fact at one time.

    Columns are compared in time linear in the rows.
    """
    rows_by_id: defaultdict[str, list[IdentifiedEvent]] = defaultdict(list)
    for row in rows:
        if row.cumulative:
            rows_by_id[row.event.event_id].append(row)
    rejections = ((event_id, _reject_key(same_key)) for event_id, same_key in rows_by_id.items())
    return {event_id: rejection for event_id, rejection in rejections if rejection}


def _reject_key(rows: Sequence[IdentifiedEvent]) -> Rejected | None:
    forms = {row.fingerprint: row for row in rows}.values()
    if all(row.facts for row in forms):
        return _reject_contradicted_facts(forms)
    is_versioned = all(row.is_record for row in forms) and len({row.as_of for row in forms}) == len(forms)
    if len(forms) == 1 or is_versioned:
        return None
    return reject_different_rows([row.event.raw_data for row in forms], rows[0].volatile)


def _reject_contradicted_facts(forms: Iterable[IdentifiedEvent]) -> Rejected | None:
    values: dict[tuple[str, datetime], Any] = {}
    contradicted: dict[str, None] = {}
    for form in forms:
        for name, fact in form.facts.items():
            if values.setdefault((name, fact.as_of), fact.value) != fact.value:
                contradicted[name] = None
    return _reject(list(contradicted)) if contradicted else None


def reject_different_rows(payloads: Iterable[Mapping[str, Any]], volatile: frozenset[str]) -> Rejected | None:
    """Return the rejection of rows under one key, None if every column that two of them have is equal in both.

    >>> reject_different_rows([{"ad": 1, "clicks": 5}, {"ad": 1, "views": 9}], frozenset()) is None
    True
    >>> reject_different_rows([{"ad": 1, "slot": 1}, {"ad": 1, "slot": 2}], frozenset()).error_code
    'ambiguous_key'
    """
    first_values: dict[str, Any] = {}
    different: dict[str, None] = {}
    for payload in payloads:
        for name, value in _iterate_columns(payload, volatile):
            if first_values.setdefault(name, value) != value:
                different[name] = None
    return _reject(list(different)) if different else None


def _iterate_columns(
    payload: Mapping[str, Any], volatile: frozenset[str], prefix: str = ""
) -> Iterator[tuple[str, Any]]:
    """Yield (path, value) of every value that is not an object; parsing has bounded the depth."""
    for name, value in payload.items():
        if isinstance(value, Mapping):
            yield from _iterate_columns(value, volatile, f"{prefix}{name}.")
        elif name not in volatile:
            yield f"{prefix}{name}", value


def _reject(columns: Sequence[str]) -> Rejected:
    named = ", ".join(columns[:MAX_NAMED_COLUMNS])
    further = f" and {len(columns) - MAX_NAMED_COLUMNS} more" if len(columns) > MAX_NAMED_COLUMNS else ""
    return Rejected(
        AMBIGUOUS_KEY,
        f"rows of one request must differ in a dimension, got different rows that differ only in {named}{further}; "
        "ask the provider for the dimension that tells them apart too, or name it in the key of a field map",
    )
