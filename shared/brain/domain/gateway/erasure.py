"""Erasure of one person: redacts them in stored documents, and removes the items that name them from old requests.

Stored documents hold pseudonyms, so the person is searched for by their pseudonym under every key. A dead letter holds
what was received, so its items are read as ingest would read them, and searched as text.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_plus

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.bodies import is_form, parse_body
from brain.domain.gateway.normalize import normalize
from brain.domain.json_text import parse_json
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import PSEUDONYM_PATTERN, Pseudonymizer, list_stored_pseudonyms
from brain.domain.privacy.spellings import NO_RULES, SpellingRules, normalize_person
from brain.errors import InvalidInputError

ERASED: Final = "erased"
MAX_SUBJECT_CHARACTERS: Final = 320  # the longest possible e-mail address


@dataclass(frozen=True, slots=True)
class Person:
    """The person to erase for a client, as the operator typed them; a ``repr`` shows nothing of it."""

    subject: str = field(repr=False)
    client_id: str
    keys: IdentityKeys = field(repr=False)
    rules: SpellingRules = NO_RULES
    pseudonyms: tuple[str, ...] = field(init=False, repr=False)
    pattern: "re.Pattern[str] | None" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive the pseudonyms and the pattern to search for.

        Raises:
            InvalidInputError: the subject is empty or longer than any address.
        """
        if not 0 < len(self.subject.strip()) <= MAX_SUBJECT_CHARACTERS:
            raise InvalidInputError(
                f"the subject must have 1 to {MAX_SUBJECT_CHARACTERS} characters, got {len(self.subject.strip())}"
            )
        pseudonyms = list_stored_pseudonyms(self.subject, self.client_id, self.keys, self.rules)
        object.__setattr__(self, "pseudonyms", pseudonyms)
        object.__setattr__(self, "pattern", _compile_pattern(self.subject))

    def occurs_in(self, text: str) -> bool:
        """Whether a text contains one of their pseudonyms, or their address or full name as the operator typed it."""
        if any(pseudonym in text for pseudonym in self.pseudonyms):
            return True
        return bool(self.pattern and self.pattern.search(text))

    def redact(self, text: str) -> str:
        """Return ``text`` with the person replaced by ``erased``."""
        for pseudonym in self.pseudonyms:
            text = text.replace(pseudonym, ERASED)
        return self.pattern.sub(ERASED, text) if self.pattern else text

    def matches(self, identifier: object) -> bool:
        """Whether an identifier that is stored as received, such as a user id or a correlation id, is theirs."""
        return isinstance(identifier, str) and (
            normalize_person(identifier, self.rules) == normalize_person(self.subject, self.rules)
        )


def _compile_pattern(subject: str) -> "re.Pattern[str] | None":
    """Return a pattern for an address or a full name; a single word or number would match too much."""
    text = subject.strip()
    if "@" not in text.removeprefix("@") and not re.search(r"[^\W\d_]\s+[^\W\d_]", text):
        return None
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def redact_value(stored: Any, person: Person) -> Any:
    """Return a stored value, however nested, without the person; equal to ``value`` when it does not name them."""
    if isinstance(stored, str):
        return person.redact(stored) if person.occurs_in(stored) else stored
    if isinstance(stored, Mapping):
        return {redact_value(name, person): redact_value(inner, person) for name, inner in stored.items()}
    if isinstance(stored, list | tuple):
        return [redact_value(inner, person) for inner in stored]
    return stored


def find_redactions(document: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the fields of a document that change when the person is erased; empty when none names them.

    Counts and times stay. A payload that names the person loses all its pseudonyms: the others in it are mostly the
    same person's network address, name or device. Correlation ids and user ids are stored as received, so they are
    compared as a whole; the reason that an erased user gave goes with them.
    """
    changes = {
        name: redacted for name, stored in document.items() if (redacted := redact_value(stored, person)) != stored
    }
    if "raw_data" in changes:
        changes["raw_data"] = PSEUDONYM_PATTERN.sub(ERASED, changes["raw_data"])
    for name in ("correlation_id", "user_id"):
        if person.matches(document.get(name)):
            changes[name] = ERASED
    if "user_id" in changes and document.get("reason"):
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
