"""HubSpot's signature v3: HMAC-SHA256 over method, address, body and time.

Source: HubSpot, "Validating requests", version 3. The address is signed with the characters of ``_DECODED``
written plainly, whatever the request line has.
"""

import re
from typing import Final

from brain.domain.senders.signatures.signed_request import (
    MILLISECONDS,
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

SIGNATURE: Final = "x-hubspot-signature-v3"
TIMESTAMP: Final = "x-hubspot-request-timestamp"
_DECODED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE: Final = re.compile("|".join(_DECODED), re.IGNORECASE)


def claims(request: SignedRequest) -> bool:
    """Whether the request says that it is signed so."""
    return SIGNATURE in request.headers


def verify(request: SignedRequest, trust: Trust) -> Proof | Refused:
    """Return the proof, or why there is none."""
    timestamp = request.header(TIMESTAMP)
    signed_at = moment(timestamp, units_a_second=MILLISECONDS)
    if signed_at is None:
        return Refused(f"{TIMESTAMP} is no time in milliseconds")
    heads = [(request.method + decoded(url)).encode() for url in request.urls]
    expected = [
        hmac_sha256(secret.encode(), head, request.body, timestamp.encode())
        for secret in trust.secrets
        for head in heads
    ]
    signature = from_base64(request.header(SIGNATURE))
    if not equals_any([signature], expected):
        plain = " or ".join(url.partition("?")[0] for url in request.urls)
        return Refused(f"{SIGNATURE} is not that of {plain}, this body and this time")
    return Proof(signed_at, digest(signature))


def decoded(url: str) -> str:
    """Return the address as HubSpot signs it."""
    return _ESCAPE.sub(lambda found: _DECODED[found.group().upper()], url)
