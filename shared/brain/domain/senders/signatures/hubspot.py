"""HubSpot's signatures: v3 of webhooks, HMAC-SHA256 over method, URL, body and time; v2 of workflows, without a time.

Source: HubSpot, "Validating requests", versions 2 and 3. HubSpot signs the URL with the characters of ``_UNESCAPED``
unescaped in v3, whatever the request line has.

Version 2 is a plain SHA-256 that begins with the secret. Whoever has seen a signature can compute that of the same text
with a suffix, after a padding with NUL bytes; no JSON contains these, so a body that does is refused.
"""

import hashlib
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
    decode_hex,
    matches_any,
    parse_epoch,
)

SIGNATURE: Final = "x-hubspot-signature-v3"
SIGNATURE_V2: Final = "x-hubspot-signature"
VERSION: Final = "x-hubspot-signature-version"
TIMESTAMP: Final = "x-hubspot-request-timestamp"
_UNESCAPED: Final = {
    "%3A": ":", "%2F": "/", "%3F": "?", "%40": "@", "%21": "!", "%24": "$",
    "%27": "'", "%28": "(", "%29": ")", "%2A": "*", "%2C": ",", "%3B": ";",
}  # fmt: skip
_ESCAPE: Final = re.compile("|".join(_UNESCAPED), re.IGNORECASE)


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries this signature."""
    return SIGNATURE in request.headers or (SIGNATURE_V2 in request.headers and request.header(VERSION) == "v2")


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against the app's client secrets; a request with both signatures by version 3."""
    return _verify_v3(request, credentials) if SIGNATURE in request.headers else _verify_v2(request, credentials)


def _verify_v2(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    if b"\x00" in request.body:
        return Refusal("the body must be JSON without NUL bytes")
    expected = [
        hashlib.sha256((secret + request.method + url).encode() + request.body).digest()
        for secret, url in product(credentials.secrets, _list_urls(request))
    ]
    if not matches_any([decode_hex(request.header(SIGNATURE_V2))], expected):
        return Refusal(f"{SIGNATURE_V2} does not match {_format_addresses(request)} and this body")
    return Proof()


def _verify_v3(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    timestamp = request.header(TIMESTAMP)
    signed_at = parse_epoch(timestamp, units_per_second=MILLISECONDS_PER_SECOND)
    if signed_at is None:
        return Refusal(f"{TIMESTAMP} must be an epoch in milliseconds")
    heads = [(request.method + url).encode() for url in _list_urls(request)]
    expected = [
        compute_hmac_sha256(secret.encode(), head, request.body, timestamp.encode())
        for secret, head in product(credentials.secrets, heads)
    ]
    signature = decode_base64(request.header(SIGNATURE))
    if not matches_any([signature], expected):
        return Refusal(f"{SIGNATURE} does not match {_format_addresses(request)}, this body and this time")
    return Proof(signed_at, compute_digest(signature))


def _list_urls(request: SignedRequest) -> list[str]:
    """Return the URLs that may be signed, unescaped and as they were received."""
    return list(dict.fromkeys(form for url in request.urls for form in (_unescape(url), url)))


def _format_addresses(request: SignedRequest) -> str:
    return " or ".join(dict.fromkeys(url.partition("?")[0] for url in request.urls))


def _unescape(url: str) -> str:
    """Return the URL as HubSpot signs it."""
    return _ESCAPE.sub(lambda match: _UNESCAPED[match.group().upper()], url)
