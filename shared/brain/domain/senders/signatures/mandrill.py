"""Mandrill's signature: HMAC-SHA1 over the webhook's URL and its form fields, sorted by name.

Source: Mailchimp Transactional, "Authenticate webhook requests". The URL is signed exactly as it was entered there, its
query included. Neither a time nor an id is signed, so a resend cannot be told from a retry; identity makes it a
duplicate.
"""

from itertools import product
from typing import Final
from urllib.parse import parse_qsl

from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    compute_hmac_sha1,
    decode_base64,
    matches_any,
)

SIGNATURE: Final = "x-mandrill-signature"
MAX_FORM_FIELDS: Final = 20


def applies_to(request: SignedRequest) -> bool:
    """Return whether the request carries this signature."""
    return SIGNATURE in request.headers


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the request against the webhook's keys."""
    try:
        fields = parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        return Refusal("the body must be a form in UTF-8")
    signed_fields = "".join(name + text for name, text in sorted(dict(fields).items()))
    expected = [
        compute_hmac_sha1(secret.encode(), (url + signed_fields).encode())
        for secret, url in product(credentials.secrets, request.urls)
    ]
    is_valid = matches_any([decode_base64(request.header(SIGNATURE))], expected)
    return Proof() if is_valid else Refusal(f"{SIGNATURE} does not match this URL and these fields")
