"""Who an event is: the same occurrence gets the same id for ever, and a changed content of it is seen as such.

An id is, in this order, made from what the provider counts (running totals of one content), from the provider's own
event id, or from the whole payload without its volatile fields. It is taken from what came, before any truncation,
defaulting or pseudonymisation, so that two different payloads never become one.
"""

import hashlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from brain.domain.events import Draft
from brain.domain.json_text import encode_canonical_json
from brain.domain.privacy.keys import IdentityKeys, derive_client_key

_ID_HEX_DIGITS: Final = 24
_FINGERPRINT_HEX_DIGITS: Final = 32


class Identity(NamedTuple):
    """An event's id, the fingerprint of its content, and the size of its payload in bytes of canonical JSON."""

    event_id: str
    fingerprint: str
    payload_bytes: int


def identify(draft: Draft, client_id: str, keys: IdentityKeys) -> Identity:
    """Return the identity of ``draft`` for one client (SHA-256 salted by client, over canonical JSON).

    The same id with the same fingerprint is a duplicate; with another fingerprint it is a revision of a running
    total, or else a conflict. Raises ``InvalidInputError`` when the payload cannot be JSON.
    """
    salt = derive_client_key(keys.oldest_salt, client_id, b"identity")
    content = encode_canonical_json(_without_volatile(draft.raw, draft.volatile))
    fingerprint = hashlib.sha256(salt + b"content\n" + content).hexdigest()[:_FINGERPRINT_HEX_DIGITS]
    digest = hashlib.sha256(salt + _material(draft, content)).hexdigest()
    return Identity(f"evt_{digest[:_ID_HEX_DIGITS]}", fingerprint, len(content))


def _material(draft: Draft, content: bytes) -> bytes:
    feed = draft.feed_type.value
    if draft.cumulative and draft.content_key:
        return b"total\n" + encode_canonical_json([feed, *draft.content_key])
    if draft.provider_event_id is not None:
        return b"event\n" + encode_canonical_json([feed, draft.provider_event_id])
    return b"payload\n" + feed.encode() + b"\n" + content


def _without_volatile(raw: Mapping[str, object], volatile: frozenset[str]) -> Mapping[str, object]:
    if not volatile or volatile.isdisjoint(raw):
        return raw
    return {name: value for name, value in raw.items() if name not in volatile}
