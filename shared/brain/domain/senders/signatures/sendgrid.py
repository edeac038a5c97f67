"""SendGrid's signed event webhook: a signature by SendGrid's private key over time and body.

Source: Twilio SendGrid, "Getting started with the event webhook security features". The key is ECDSA P-256; Ed25519
is accepted too.
"""

from typing import Final

from brain.domain.senders.signatures.public_keys import verify_signature
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    compute_digest,
    decode_base64,
    parse_epoch,
)

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries this signature."""
    return SIGNATURE in request.headers


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against secrets that are public keys.

    Raises:
        MisconfiguredError: A secret is not a public key.
    """
    timestamp = request.header(TIMESTAMP)
    signed_at = parse_epoch(timestamp)
    if signed_at is None:
        return Refusal(f"{TIMESTAMP} must be an epoch in seconds")
    message = timestamp.encode() + request.body
    signature = decode_base64(request.header(SIGNATURE))
    if not any(verify_signature(public_key, signature, message) for public_key in credentials.secrets):
        return Refusal(f"{SIGNATURE} does not match this body and this time by any of the client's keys")
    return Proof(signed_at, compute_digest(message))
