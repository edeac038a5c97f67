"""HubSpot's signature v3: HMAC-SHA256 over method, URL, body and time.

Source: HubSpot, "Validating requests", version 3. HubSpot signs the URL with the characters of ``_UNESCAPED``
unescaped, whatever the request line has.
"""

import re
from itertools import product
from typing import Final

from brain.domain.senders.signatures.signed_request import (
    MILLISECONDS_PER_SECOND,
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

SIGNATURE: Final = "x-hubspot-signature-v3"
TIMESTAMP: Final = "x-hubspot-request-timestamp"
_UNESCAPED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE: Final = re.compile("|".join(_UNESCAPED), re.IGNORECASE)


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries this signature."""
    return SIGNATURE in request.headers


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against the app's client secrets."""
    timestamp = request.header(TIMESTAMP)
    signed_at = parse_epoch(timestamp, units_per_second=MILLISECONDS_PER_SECOND)
    if signed_at is None:
        return Refusal(f"{TIMESTAMP} must be an epoch in milliseconds")
    heads = [(request.method + _unescape(url)).encode() for url in request.urls]
    expected = [
        compute_hmac_sha256(secret.encode(), head, request.body, timestamp.encode())
        for secret, head in product(credentials.secrets, heads)
    ]
    signature = decode_base64(request.header(SIGNATURE))
    if not matches_any([signature], expected):
        addresses = " or ".join(url.partition("?")[0] for url in request.urls)
        return Refusal(f"{SIGNATURE} does not match {addresses}, this body and this time")
    return Proof(signed_at, compute_digest(signature))


def _unescape(url: str) -> str:
    """Return the URL as HubSpot signs it."""
    return _ESCAPE.sub(lambda match: _UNESCAPED[match.group().upper()], url)
