"""Standard Webhooks: id, time and body signed by a shared secret (``v1``) or by a key of the sender's (``v1a``).

Source: the Standard Webhooks specification, 1.0.0. Each attempt is signed anew with its own time; the id stays.
Svix sends the same under headers of its own name.
"""

import re
from typing import Final

from brain.domain.senders.signatures.public_keys import signed_by_ed25519
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refused,
    SignedRequest,
    Trust,
    digest,
    equals_any,
    from_base64,
    hmac_sha256,
    moment,
)

MAX_SIGNATURES: Final = 16
_PREFIXES: Final = ("webhook", "svix")
_ID: Final = re.compile(r"[!-~]{1,256}")
_SHARED: Final = "whsec_"
_PUBLIC: Final = "whpk_"


def claims(request: SignedRequest) -> bool:
    """Whether the request says that it is signed so."""
    return any(f"{prefix}-signature" in request.headers for prefix in _PREFIXES)


def verify(request: SignedRequest, trust: Trust) -> Proof | Refused:
    """Return the proof, or why there is none; the secrets are ``whsec_`` or ``whpk_`` and base64."""
    prefix = next(prefix for prefix in _PREFIXES if f"{prefix}-signature" in request.headers)
    identifier, timestamp = request.header(f"{prefix}-id"), request.header(f"{prefix}-timestamp")
    signed_at = moment(timestamp)
    # A dot would let a part of the id pass for the time, and a part of the time for the body.
    if signed_at is None or not _ID.fullmatch(identifier) or "." in identifier:
        return Refused(f"{prefix}-id or {prefix}-timestamp is missing or no id or time")
    head = f"{identifier}.{timestamp}.".encode()
    if not _signed(request.header(f"{prefix}-signature"), head, request.body, trust.secrets):
        return Refused(f"no signature of {prefix}-signature is that of this id, time and body")
    return Proof(signed_at, digest(identifier.encode()))


def _signed(header: str, head: bytes, body: bytes, secrets: tuple[str, ...]) -> bool:
    given = [one.partition(",") for one in header.split()[:MAX_SIGNATURES]]
    shared = [from_base64(text) for version, _, text in given if version == "v1"]
    expected = [hmac_sha256(_key(secret), head, body) for secret in secrets if not secret.startswith(_PUBLIC)]
    if equals_any(shared, expected):
        return True
    public = [from_base64(secret.removeprefix(_PUBLIC)) for secret in secrets if secret.startswith(_PUBLIC)]
    own = [from_base64(text) for version, _, text in given if version == "v1a"]
    return any(signed_by_ed25519(key, signature, head + body) for key in public for signature in own)


def _key(secret: str) -> bytes:
    """Return the bytes of a shared secret; one that is no base64 is taken as it is written."""
    text = secret.removeprefix(_SHARED)
    return from_base64(text) or secret.encode()
