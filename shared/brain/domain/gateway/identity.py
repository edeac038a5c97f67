"""The identity of an event: the same occurrence always gets the same id, and a change of its content is detected.

An id is derived from the first of these that the payload has: what the provider counts (the key of a running total),
the provider's own event id, or the whole payload without its volatile fields. It is derived from the payload as it was
received, before any truncation, defaulting or pseudonymization, so that two different payloads never become one.
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
    """Return the identity of ``draft`` for one client (SHA-256 salted per client, over canonical JSON).

    An event with the same id and fingerprint is a duplicate. With the same id and another fingerprint it is a revision
    of a running total, or else a conflict.

    Raises:
        InvalidInputError: the payload cannot be encoded as JSON.
    """
    salt = derive_client_key(keys.oldest_salt, client_id, b"identity")
    content = encode_canonical_json(_without_volatile(draft.raw, draft.volatile))
    fingerprint = hashlib.sha256(salt + b"content\n" + content).hexdigest()[:_FINGERPRINT_HEX_DIGITS]
    digest = hashlib.sha256(salt + _id_material(draft, content)).hexdigest()
    return Identity(f"evt_{digest[:_ID_HEX_DIGITS]}", fingerprint, len(content))


def _id_material(draft: Draft, content: bytes) -> bytes:
    feed = draft.feed_type.value
    if draft.cumulative and draft.content_key:
        return b"total\n" + encode_canonical_json([feed, *draft.content_key])
    if draft.provider_event_id is not None:
        return b"event\n" + encode_canonical_json([feed, draft.provider_event_id])
    return b"payload\n" + feed.encode() + b"\n" + content


def _without_volatile(raw: Mapping[str, object], volatile: frozenset[str]) -> Mapping[str, object]:
    if not volatile or volatile.isdisjoint(raw):
        return raw
    return {name: content for name, content in raw.items() if name not in volatile}
