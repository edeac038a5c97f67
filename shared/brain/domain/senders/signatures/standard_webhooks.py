"""Standard Webhooks: id, time and body signed by a shared secret (``v1``) or by the sender's private key (``v1a``).

Source: the Standard Webhooks specification, 1.0.0. Each attempt is signed again with its own time; the id stays.
Svix sends the same signatures in headers of its own name.
"""

import re
from typing import Final

from brain.domain.senders.signatures.public_keys import verify_ed25519_signature
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    compute_digest,
    compute_hmac_sha256,
    decode_base64,
    matches_any,
    parse_epoch,
)

MAX_SIGNATURES: Final = 16
_HEADER_PREFIXES: Final = ("webhook", "svix")
_MESSAGE_ID: Final = re.compile(r"[!-~]{1,256}")
_SHARED_SECRET_PREFIX: Final = "whsec_"  # noqa: S105 - a prefix, not a secret
_PUBLIC_KEY_PREFIX: Final = "whpk_"


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries this signature."""
    return any(f"{prefix}-signature" in request.headers for prefix in _HEADER_PREFIXES)


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against secrets that are ``whsec_`` or ``whpk_`` followed by base64."""
    prefix = next(prefix for prefix in _HEADER_PREFIXES if f"{prefix}-signature" in request.headers)
    message_id, timestamp = request.header(f"{prefix}-id"), request.header(f"{prefix}-timestamp")
    signed_at = parse_epoch(timestamp)
    # A dot would let a part of the id pass for the time, and a part of the time for the body.
    if signed_at is None or not _MESSAGE_ID.fullmatch(message_id) or "." in message_id:
        return Refusal(f"{prefix}-id must be an id without dots and {prefix}-timestamp an epoch in seconds")
    signed_head = f"{message_id}.{timestamp}.".encode()
    if not _has_valid_signature(request.header(f"{prefix}-signature"), signed_head, request.body, credentials.secrets):
        return Refusal(f"no signature of {prefix}-signature matches this id, time and body")
    return Proof(signed_at, compute_digest(message_id.encode()))


def _has_valid_signature(header: str, signed_head: bytes, body: bytes, secrets: tuple[str, ...]) -> bool:
    shared_secrets = [secret for secret in secrets if not secret.startswith(_PUBLIC_KEY_PREFIX)]
    expected = [compute_hmac_sha256(_decode_shared_secret(secret), signed_head, body) for secret in shared_secrets]
    if matches_any(_select_signatures(header, "v1"), expected):
        return True
    public_keys = [
        secret.removeprefix(_PUBLIC_KEY_PREFIX) for secret in secrets if secret.startswith(_PUBLIC_KEY_PREFIX)
    ]
    return any(
        verify_ed25519_signature(decode_base64(key), signature, signed_head + body)
        for key in public_keys
        for signature in _select_signatures(header, "v1a")
    )


def _select_signatures(header: str, version: str) -> list[bytes]:
    """Return the decoded signatures of one version, ``v1`` (HMAC) or ``v1a`` (Ed25519)."""
    versioned = [signature.partition(",") for signature in header.split()[:MAX_SIGNATURES]]
    return [decode_base64(text) for signature_version, _, text in versioned if signature_version == version]


def _decode_shared_secret(secret: str) -> bytes:
    """Return the bytes of a shared secret; one that is not base64 is used as it is written."""
    return decode_base64(secret.removeprefix(_SHARED_SECRET_PREFIX)) or secret.encode()
