"""Erasure of one person: redacts them in stored documents, and removes the items that name them from old requests.

Stored documents hold pseudonyms, so the person is searched for by their pseudonym under every key. A dead letter holds
what was received, so its items are read as ingest would read them, and searched as text.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote_plus

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.bodies import is_form, parse_body
from brain.domain.gateway.normalize import normalize
from brain.domain.json_text import parse_json
from brain.domain.privacy.person import ERASED, Person
from brain.domain.privacy.personal_fields import is_personal
from brain.domain.privacy.pseudonyms import PSEUDONYM_PATTERN, Pseudonymizer
from brain.errors import InvalidInputError

_STORED_AS_RECEIVED: Final = frozenset({"correlation_id", "user_id", "delivery", "sample_id", "provider_event_id"})
"""Names of identifiers that are not pseudonyms, beside those of people."""


def redact_value(stored: Any, person: Person, name: str = "") -> Any:
    """Return a stored value, however nested, without the person; equal to ``stored`` when it does not name them.

    Under the name of an identifier a value is theirs as a whole, in any spelling; elsewhere it is searched as a text.
    """
    if name and _is_identifier(name) and not isinstance(stored, bool) and person.matches(stored):
        return ERASED
    if isinstance(stored, str):
        return person.redact(stored)
    if isinstance(stored, Mapping):
        return {
            redact_value(inner_name, person): redact_value(inner, person, inner_name)
            for inner_name, inner in stored.items()
        }
    if isinstance(stored, list | tuple):
        return [redact_value(inner, person, name) for inner in stored]
    return stored


def _is_identifier(name: str) -> bool:
    return name in _STORED_AS_RECEIVED or is_personal(name)


def find_redactions(document: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the fields of a document that change when the person is erased; empty when none names them.

    Counts and times stay. A payload that names the person loses all its pseudonyms: the others in it are mostly the
    same person's network address, name or device. The reason that an erased user gave goes with them.
    """
    changes = {
        name: redacted
        for name, stored in document.items()
        if (redacted := redact_value(stored, person, name)) != stored
    }
    if "raw_data" in changes:
        changes["raw_data"] = PSEUDONYM_PATTERN.sub(ERASED, changes["raw_data"])
    if changes.get("user_id") == ERASED and document.get("reason"):
        changes["reason"] = ERASED
    return changes


def redact_body(body: bytes, content_type: str, source: str, person: Person, context: FeedContext) -> bytes | None:
    """Return a request's body without the items that name the person.

    The same bytes when no item does, None when nothing remains. The remaining items are unchanged, so that a replay
    gives them the same ids.
    """
    try:
        payloads = parse_body(body, content_type)
    except InvalidInputError:
        return None if _bytes_name(body, person) else body
    if is_form(body, content_type):
        return None if _bytes_name(body, person) or _any_names(payloads, source, person, context) else body
    if not _is_json(body):
        return _redact_lines(body, source, person, context)
    document = parse_json(body)
    remainder = _remove_items(document, source, person, context)
    if remainder == document:
        return body
    if remainder in (None, []):
        return None
    return json.dumps(remainder, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _is_json(body: bytes) -> bool:
    try:
        parse_json(body)
    except InvalidInputError:
        return False
    return True


def _redact_lines(body: bytes, source: str, person: Person, context: FeedContext) -> bytes | None:
    lines = body.split(b"\n")
    remaining = [line for line in lines if not _line_names(line, source, person, context)]
    if len(remaining) == len(lines):
        return body
    return b"\n".join(remaining) if any(line.strip() for line in remaining) else None


def _line_names(line: bytes, source: str, person: Person, context: FeedContext) -> bool:
    if not line.strip() or _bytes_name(line, person):
        return bool(line.strip())
    try:
        payloads = parse_body(line, "")
    except InvalidInputError:
        return False
    return _any_names(payloads, source, person, context)


def _any_names(payloads: Iterable[Any], source: str, person: Person, context: FeedContext) -> bool:
    """Whether any of the payloads that can be read names the person."""
    readable = (payload for payload in payloads if not isinstance(payload, InvalidInputError))
    return any(_payload_names(payload, source, person, context) for payload in readable)


def _remove_items(payload: Any, source: str, person: Person, context: FeedContext) -> Any:
    """Return a payload without its items that name the person; None when the payload itself does.

    Items are the elements of a batch or the rows of a page. An item is removed as a whole: a part of one would be
    another event.
    """
    if not _payload_names(payload, source, person, context):
        return payload
    if isinstance(payload, list):
        return [inner for inner in payload if not _payload_names(inner, source, person, context)]
    if not isinstance(payload, dict):
        return None
    page = {name: _remove_rows(rows, source, person, context) for name, rows in payload.items()}
    return None if page == payload or _payload_names(page, source, person, context) else page


def _remove_rows(rows: Any, source: str, person: Person, context: FeedContext) -> Any:
    if not (isinstance(rows, list) and rows and all(isinstance(row, dict) for row in rows)):
        return rows
    return [row for row in rows if not _payload_names(row, source, person, context)]


def _payload_names(payload: Any, source: str, person: Person, context: FeedContext) -> bool:
    """Whether ingest would recognize the person in a payload, or its text names them."""
    return (
        _bytes_name(json.dumps(payload, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"), person)
        or _would_pseudonymize(payload, frozenset(), person)
        or any(
            _would_pseudonymize(draft.raw, draft.personal, person)
            or (draft.creator is not None and person.matches(draft.creator))
            for draft in _read_drafts(payload, source, context)
        )
    )


def _read_drafts(payload: Any, source: str, context: FeedContext) -> list[Draft]:
    try:
        return [outcome for outcome in normalize(source, payload, context) if isinstance(outcome, Draft)]
    except Exception:  # noqa: BLE001 - the letter may be here because its reader fails; then only its text is searched
        return []


def _would_pseudonymize(payload: Any, personal: frozenset[str], person: Person) -> bool:
    pseudonymizer = Pseudonymizer(person.client_id, person.keys, personal, person.rules)
    pseudonymizer.scrub_payload({"payload": payload})
    return not set(person.pseudonyms).isdisjoint(pseudonymizer.pseudonyms.values())


def _bytes_name(body: bytes, person: Person) -> bool:
    """Whether a text names the person as they are spelled, also percent-encoded as in a link or a form."""
    text = body.decode("utf-8", "replace")
    return person.occurs_in(text) or person.occurs_in(unquote_plus(text))
