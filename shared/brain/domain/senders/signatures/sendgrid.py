"""SendGrid's signed event webhook: a signature by SendGrid's private key over time and body.

Source: Twilio SendGrid, "Getting started with the event webhook security features". The key is ECDSA P-256; an
Ed25519 one is taken as well.
"""

from typing import Final

from brain.domain.senders.signatures.public_keys import signed_by
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refused,
    SignedRequest,
    Trust,
    digest,
    from_base64,
    moment,
)

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"


def claims(request: SignedRequest) -> bool:
    """Whether the request says that it is signed so."""
    return SIGNATURE in request.headers


def verify(request: SignedRequest, trust: Trust) -> Proof | Refused:
    """Return the proof, or why there is none; the secrets are public keys.

    Raises:
        MisconfiguredError: a secret is no public key.
    """
    timestamp = request.header(TIMESTAMP)
    signed_at = moment(timestamp)
    if signed_at is None:
        return Refused(f"{TIMESTAMP} is no time in seconds")
    message = timestamp.encode() + request.body
    signature = from_base64(request.header(SIGNATURE))
    if not any(signed_by(key, signature, message) for key in trust.secrets):
        return Refused(f"{SIGNATURE} is not that of this body and this time by a known key")
    return Proof(signed_at, digest(message))
