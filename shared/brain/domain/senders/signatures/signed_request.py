"""What a scheme is given and what it answers, so that every scheme is a pure function of bytes and secrets."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

MAX_DIGITS: Final = 16
MILLISECONDS: Final = 1000

# (address of a key set, key id) -> the key as a JSON Web Key, None when the set has no such key
KeyOf = Callable[[str, str], Mapping[str, Any] | None]


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request as it came; header names are in lower case.

    ``urls`` are the addresses by which the sender may have called it, with scheme, host and query: what stands
    in front of a service may have taken a part of the path away. ``body`` holds the raw bytes.
    """

    method: str
    urls: tuple[str, ...]
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def header(self, name: str) -> str:
        """Return a header's text, empty when it is absent."""
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True)
class Trust:
    """What is trusted of one provider for one client: any of ``secrets``, and who issues its identity tokens."""

    secrets: tuple[str, ...] = field(repr=False)
    issuers: tuple[str, ...] = ()
    keys_url: str = ""
    key_of: KeyOf = field(default=lambda _url, _kid: None, repr=False)


@dataclass(frozen=True, slots=True)
class Proof:
    """What a valid signature shows.

    ``signed_at`` is the time inside the signature, None where the scheme has none. ``delivery`` names what must
    not come twice: a digest of what was signed, never of the signature's text, which can be written in several
    ways. Without one a resend cannot be told from a retry.
    """

    signed_at: datetime | None = None
    delivery: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a signature does not hold; for the log alone, the sender gets one answer for all reasons."""

    reason: str


def digest(*parts: bytes) -> str:
    """Return one SHA-256 for parts whose borders count."""
    found = hashlib.sha256()
    for part in parts:
        found.update(len(part).to_bytes(8, "big"))
        found.update(part)
    return found.hexdigest()


def hmac_sha256(secret: bytes, *parts: bytes) -> bytes:
    """Return the HMAC-SHA256 of the parts one after the other."""
    found = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        found.update(part)
    return found.digest()


def equals_any(given: Iterable[bytes], expected: Iterable[bytes]) -> bool:
    """Whether one of the given equals one of the expected; takes the same time whichever it is."""
    wanted = tuple(expected)
    return any([hmac.compare_digest(one, other) for one in given for other in wanted])  # noqa: C419 - all are compared


def from_base64(text: str) -> bytes:
    """Return the bytes of standard base64; empty for what is none, which equals no digest."""
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return b""


def from_hex(text: str) -> bytes:
    """Return the bytes of hexadecimal digits; empty for what is none, which equals no digest."""
    try:
        return binascii.unhexlify(text.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        return b""


def moment(text: str, *, units_a_second: int = 1) -> datetime | None:
    """Return the time of an epoch in plain digits, None for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS):
        return None
    seconds, rest = divmod(int(text), units_a_second)
    try:
        return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1_000_000 // units_a_second)
    except (OverflowError, ValueError, OSError):
        return None
