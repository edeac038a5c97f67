"""The identity of an event: the same occurrence always gets the same id, and a change of its content is detected.

An id is derived from the first of these that the payload has: what the provider counts (the key of a running total),
the provider's own event id, or the whole payload without its volatile fields. It is derived from the payload as it was
received, before any truncation, defaulting or pseudonymization, so that two different payloads never become one.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from brain.domain.events import Draft, FeedType
from brain.domain.json_text import encode_canonical_json
from brain.domain.privacy.keys import IdentityKeys, derive_client_key

_ID_HEX_DIGITS: Final = 24
_FINGERPRINT_HEX_DIGITS: Final = 32


class Identity(NamedTuple):
    """An event's id, the fingerprint of its content, and the size of its payload in bytes of canonical JSON.

    ``former_id`` is the id that version 0.1 gave the same content where it gave another one, else None.
    """

    event_id: str
    fingerprint: str
    payload_bytes: int
    former_id: str | None


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
    event_id = _derive_id(salt, _id_material(draft, content))
    former_material = _former_material(draft)
    former_id = _derive_id(salt, former_material) if former_material else None
    return Identity(event_id, fingerprint, len(content), former_id)


def _derive_id(salt: bytes, material: bytes) -> str:
    return f"evt_{hashlib.sha256(salt + material).hexdigest()[:_ID_HEX_DIGITS]}"


def _former_material(draft: Draft) -> bytes | None:
    """Return what identified an event in version 0.1 if that was something else."""
    if draft.cumulative and draft.content_key and not draft.was_event:
        return _former_total_material(draft)
    if draft.was_event:
        return _payload_material(draft.feed_type, encode_canonical_json(_without_volatile(draft.raw, draft.volatile)))
    if draft.newly_volatile.isdisjoint(draft.raw):
        return None
    former = _without_volatile(draft.raw, draft.volatile - draft.newly_volatile)
    return _payload_material(draft.feed_type, encode_canonical_json(former))


def _former_total_material(draft: Draft) -> bytes | None:
    """Return what identified a running total in version 0.1: another key, an event of its own, or fewer dimensions."""
    if draft.former_key:
        return _total_material(draft.feed_type, draft.former_key)
    if draft.is_record and draft.provider_event_id is not None:
        return _event_material(draft.feed_type, draft.provider_event_id)
    return _total_material(draft.feed_type, draft.content_key) if draft.dimensions else None


def _event_material(feed_type: FeedType, provider_event_id: str) -> bytes:
    return b"event\n" + encode_canonical_json([feed_type.value, provider_event_id])


def _total_material(feed_type: FeedType, content_key: tuple[str, ...], dimensions: tuple[str, ...] = ()) -> bytes:
    """Return what identifies a running total; without further dimensions it is the same as ever."""
    key: list[Any] = [feed_type.value, *content_key]
    return b"total\n" + encode_canonical_json([*key, {"dimensions": sorted(dimensions)}] if dimensions else key)


def _id_material(draft: Draft, content: bytes) -> bytes:
    if draft.cumulative and draft.content_key:
        return _total_material(draft.feed_type, draft.content_key, draft.dimensions)
    if draft.provider_event_id is not None:
        return _event_material(draft.feed_type, draft.provider_event_id)
    return _payload_material(draft.feed_type, content)


def _payload_material(feed_type: FeedType, content: bytes) -> bytes:
    return b"payload\n" + feed_type.value.encode() + b"\n" + content


def _without_volatile(raw: Mapping[str, object], volatile: frozenset[str]) -> Mapping[str, object]:
    if not volatile or volatile.isdisjoint(raw):
        return raw
    return {name: content for name, content in raw.items() if name not in volatile}
