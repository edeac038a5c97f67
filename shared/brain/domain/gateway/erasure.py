"""Erasing one person: how a stored value looks without them, and which items of an old request name them.

What is stored holds pseudonyms, so a person is looked for under their pseudonym of every known key. A dead letter holds
what came, so its items are read as ingest would read them, and looked through as text.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote_plus

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.bodies import FORM, payloads
from brain.domain.gateway.normalize import normalize
from brain.domain.json_text import parse_json
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import PSEUDONYM_PATTERN, Pseudonymizer, list_pseudonyms, normalize_person
from brain.errors import InvalidInputError

ERASED: Final = "erased"
LONGEST_SUBJECT: Final = 320  # the longest e-mail address there may be


@dataclass(frozen=True, slots=True)
class Person:
    """Who is to be erased for a client, as the operator typed them; nothing of it shows in a ``repr``."""

    subject: str = field(repr=False)
    client_id: str
    keys: IdentityKeys = field(repr=False)
    pseudonyms: tuple[str, ...] = field(init=False, repr=False)
    spelling: "re.Pattern[str] | None" = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive what to look for.

        Raises:
            InvalidInputError: the subject is empty or longer than any address.
        """
        if not 0 < len(self.subject.strip()) <= LONGEST_SUBJECT:
            raise InvalidInputError(f"expected who is to be erased in 1 to {LONGEST_SUBJECT} characters")
        object.__setattr__(self, "pseudonyms", list_pseudonyms(self.subject, self.client_id, self.keys))
        object.__setattr__(self, "spelling", _spelling(self.subject))

    def is_named_in(self, text: str) -> bool:
        """Whether a text has a pseudonym of theirs, or their address or full name as the operator spells it."""
        if any(pseudonym in text for pseudonym in self.pseudonyms):
            return True
        return bool(self.spelling and self.spelling.search(text))

    def without(self, text: str) -> str:
        """Return ``text`` with ``erased`` in their place."""
        for pseudonym in self.pseudonyms:
            text = text.replace(pseudonym, ERASED)
        return self.spelling.sub(ERASED, text) if self.spelling else text

    def is_the(self, identifier: object) -> bool:
        """Whether an identifier that is stored as it came, such as a user's or a request's, is theirs."""
        return isinstance(identifier, str) and normalize_person(identifier) == normalize_person(self.subject)


def _spelling(subject: str) -> "re.Pattern[str] | None":
    """Return what finds an address or a full name in any text; a bare word or number would find too much."""
    text = subject.strip()
    if "@" not in text.removeprefix("@") and not re.search(r"[^\W\d_]\s+[^\W\d_]", text):
        return None
    return re.compile(rf"(?<!\w){re.escape(text)}(?!\w)", re.IGNORECASE)


def without_person(value: Any, person: Person) -> Any:
    """Return a stored value, however deep, without the person; equal to ``value`` when they are not in it."""
    if isinstance(value, str):
        return person.without(value) if person.is_named_in(value) else value
    if isinstance(value, Mapping):
        return {without_person(name, person): without_person(inner, person) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_person(inner, person) for inner in value]
    return value


def changes_without(document: Mapping[str, Any], person: Person) -> dict[str, Any]:
    """Return the fields of a document that change when the person goes; empty when they are not in it.

    Counts and times stay. From a payload that names the person all pseudonyms go: those beside theirs are mostly their
    own network address, name or device. A request's correlation id and a user's id are kept as they came, so they are
    compared whole; what a user who is erased gave as a reason goes with them.
    """
    changes = {name: new for name, old in document.items() if (new := without_person(old, person)) != old}
    if "raw_data" in changes:
        changes["raw_data"] = PSEUDONYM_PATTERN.sub(ERASED, changes["raw_data"])
    for name in ("correlation_id", "user_id"):
        if person.is_the(document.get(name)):
            changes[name] = ERASED
    if "user_id" in changes and document.get("reason"):
        changes["reason"] = ERASED
    return changes


def body_without(body: bytes, content_type: str, source: str, person: Person, context: FeedContext) -> bytes | None:
    """Return a request's body without the items that name the person.

    The same bytes when none does, None when nothing is left. Items that stay keep their values, so that a replay
    knows them again by the same ids.
    """
    kind = content_type.partition(";")[0].strip().lower()
    try:
        values = payloads(body, content_type)
    except InvalidInputError:
        return None if _named_in_bytes(body, person) else body
    if kind == FORM:
        return None if _is_named(values[0], source, person, context) else body
    if not _is_json(body):
        return _lines_without(body, source, person, context)
    whole = parse_json(body)
    left = _items_without(whole, source, person, context)
    if left == whole:
        return body
    return None if left in (None, []) else json.dumps(left, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _is_json(body: bytes) -> bool:
    try:
        parse_json(body)
    except InvalidInputError:
        return False
    return True


def _lines_without(body: bytes, source: str, person: Person, context: FeedContext) -> bytes | None:
    lines = body.split(b"\n")
    kept = [line for line in lines if not _line_names(line, source, person, context)]
    if len(kept) == len(lines):
        return body
    return b"\n".join(kept) if any(line.strip() for line in kept) else None


def _line_names(line: bytes, source: str, person: Person, context: FeedContext) -> bool:
    if not line.strip():
        return False
    try:
        return _is_named(parse_json(line), source, person, context)
    except InvalidInputError:
        return _named_in_bytes(line, person)


def _items_without(value: Any, source: str, person: Person, context: FeedContext) -> Any:
    """Return a payload without its items that name the person; None when the payload itself does.

    The items are those of a batch or the rows of a page. An item goes as a whole: a part of one would be another event.
    """
    if not _is_named(value, source, person, context):
        return value
    if isinstance(value, list):
        return [item for item in value if not _is_named(item, source, person, context)]
    if not isinstance(value, dict):
        return None
    page = {name: _rows_without(inner, source, person, context) for name, inner in value.items()}
    return None if page == value or _is_named(page, source, person, context) else page


def _rows_without(value: Any, source: str, person: Person, context: FeedContext) -> Any:
    if not (isinstance(value, list) and value and all(isinstance(row, dict) for row in value)):
        return value
    return [row for row in value if not _is_named(row, source, person, context)]


def _is_named(value: Any, source: str, person: Person, context: FeedContext) -> bool:
    """Whether ingest would find the person in a payload, or a reader would in its text."""
    return (
        _named_in_bytes(json.dumps(value, ensure_ascii=False, default=str).encode("utf-8", "surrogatepass"), person)
        or _met(Pseudonymizer(person.client_id, person.keys), value, person)
        or any(
            _met(Pseudonymizer(person.client_id, person.keys, draft.personal), draft.raw, person)
            or (draft.creator is not None and person.is_the(draft.creator))
            for draft in _drafts(value, source, context)
        )
    )


def _drafts(value: Any, source: str, context: FeedContext) -> list[Draft]:
    try:
        return [outcome for outcome in normalize(source, value, context) if isinstance(outcome, Draft)]
    except Exception:  # noqa: BLE001 - a letter may be here because its reader fails; then its text alone is looked at
        return []


def _met(pseudonyms: Pseudonymizer, value: Any, person: Person) -> bool:
    pseudonyms.scrub_payload({"payload": value})
    return not set(person.pseudonyms).isdisjoint(pseudonyms.pseudonyms.values())


def _named_in_bytes(body: bytes, person: Person) -> bool:
    """Whether the person stands in a text as they are spelt, also where a link or a form has quoted them."""
    text = body.decode("utf-8", "replace")
    return person.is_named_in(text) or person.is_named_in(unquote_plus(text))
