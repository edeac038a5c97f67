"""What a signature scheme receives and returns, and the digests and decoders that schemes share.

Every scheme is a pure function of a request's bytes and the client's secrets.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Protocol

MAX_EPOCH_DIGITS: Final = 16
MILLISECONDS_PER_SECOND: Final = 1000


class KeyLookup(Protocol):
    """Finds a public key in the key set of an issuer."""

    def __call__(self, keys_url: str, key_id: str, /) -> Mapping[str, Any] | None:
        """Return the key as a JSON Web Key, None when the set does not have it."""


def _find_no_key(_keys_url: str, _key_id: str, /) -> None:
    """Stand in for a key set that has no keys."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it was received; header names are in lower case.

    ``urls`` are the addresses by which the sender may have called it, with scheme, host and query: a proxy in front of
    the service may have removed a part of the path. ``body`` holds the raw bytes.
    """

    method: str
    urls: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return a header's text, empty when it is absent."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class SenderCredentials:
    """What a provider's requests for one client are verified against.

    Any of ``secrets`` may have signed. ``issuers`` and ``keys_url`` name who issues the provider's identity tokens, and
    ``find_key`` fetches the issuer's public keys.
    """

    secrets: tuple[str, ...] = field(repr=False)
    issuers: tuple[str, ...] = ()
    keys_url: str = ""
    find_key: KeyLookup = field(default=_find_no_key, repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a valid signature proves.

    ``signed_at`` is the time inside the signature, None where the scheme has none. ``delivery_id`` identifies what must
    not be accepted twice: a digest of the signed content, never of the signature's text, which can be written in
    several ways. Without it a resend cannot be told from a retry.
    """

    signed_at: datetime | None = None
    delivery_id: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a signature is not valid. For the log only: the sender gets the same answer for every reason."""

    reason: str


def compute_digest(*parts: bytes) -> str:
    """Return one SHA-256 over length-prefixed parts, so that moving a byte between parts changes it."""
    sha256 = hashlib.sha256()
    for part in parts:
        sha256.update(len(part).to_bytes(8, "big"))
        sha256.update(part)
    return sha256.hexdigest()


def compute_hmac_sha256(secret: bytes, *parts: bytes) -> bytes:
    """Return the HMAC-SHA256 of the concatenated parts."""
    keyed_hash = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        keyed_hash.update(part)
    return keyed_hash.digest()


def compute_hmac_sha1(secret: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA1 of a message, which providers still use and whose weakness does not concern HMAC."""
    return hmac.new(secret, message, hashlib.sha1).digest()


def matches_any(signatures: Iterable[bytes], expected_signatures: Iterable[bytes]) -> bool:
    """Return whether any signature equals any expected one, in constant time for the number of both."""
    candidates = tuple(expected_signatures)
    return any(
        [  # noqa: C419 - a list, so that all are compared
            hmac.compare_digest(signature, expected) for signature in signatures for expected in candidates
        ]
    )


def decode_base64(text: str) -> bytes:
    """Decode standard base64; return no bytes for invalid text, which match no digest."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return b""


def decode_hex(text: str) -> bytes:
    """Decode hexadecimal digits; return no bytes for invalid text, which match no digest."""
    try:
        return binascii.unhexlify(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return b""


def parse_epoch(text: str, *, units_per_second: int = 1) -> datetime | None:
    """Return the time of an epoch in plain digits, None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_EPOCH_DIGITS):
        return None
    seconds, remainder = divmod(int(text), units_per_second)
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=remainder * 1_000_000 // units_per_second)
    except (OverflowError, ValueError, OSError):
        return None
