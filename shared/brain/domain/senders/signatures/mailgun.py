"""Mailgun's signature: HMAC-SHA256 over time and token, inside the body.

Source: Mailgun, "Securing webhooks". It does not cover the event, so whoever has seen one signature could put it on
another body: the token makes it safe, because each token is accepted with one body only. Mailgun repeats a request for
eight hours with the signature of the first attempt. ``parent-signature`` is the
signature of the account above a subaccount.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from brain.domain.json_text import parse_json
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refusal,
    SenderCredentials,
    SignedRequest,
    compute_digest,
    compute_hmac_sha256,
    decode_hex,
    matches_any,
    parse_epoch,
)
from brain.errors import InvalidInputError

# The body has to be parsed before the sender is authenticated, so a stranger must not be able to make that expensive.
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_FORM_FIELDS: Final = 1000
_FORM: Final = "application/x-www-form-urlencoded"
_SIGNATURES: Final = ("signature", "parent-signature")
_FORM_MARKER: Final = b"signature="
_JSON_MARKER: Final = b'"signature"'


def applies_to(request: SignedRequest) -> bool:
    """Return whether the body may contain this signature: nothing outside the body shows it, before it is read."""
    return "authorization" not in request.headers and (not request.body or _has_marker(request))


def verify(request: SignedRequest, credentials: SenderCredentials) -> Proof | Refusal:
    """Verify the signature in the request's body against the signing keys."""
    signature_fields = _parse_signature_fields(request)
    timestamp, token = str(signature_fields.get("timestamp", "")), signature_fields.get("token")
    signed_at = parse_epoch(timestamp)
    if signed_at is None or not isinstance(token, str) or not token:
        return Refusal("the body must have a Mailgun signature: timestamp, token, signature")
    message = timestamp.encode() + token.encode("utf-8", "surrogatepass")
    signatures = [decode_hex(str(signature_fields.get(name, ""))) for name in _SIGNATURES]
    expected = [compute_hmac_sha256(secret.encode(), message) for secret in credentials.secrets]
    if not matches_any(signatures, expected):
        return Refusal("the signature does not match this token and this time")
    # Over both as one, because a digit that is moved from the token to the time is signed alike.
    return Proof(signed_at, compute_digest(message))


def _is_form(request: SignedRequest) -> bool:
    return request.header("content-type").partition(";")[0].strip().lower() == _FORM


def _has_marker(request: SignedRequest) -> bool:
    marker = _FORM_MARKER if _is_form(request) else _JSON_MARKER
    return len(request.body) <= MAX_BODY_BYTES and marker in request.body


def _parse_signature_fields(request: SignedRequest) -> Mapping[str, Any]:
    """Return the object that contains the signature, time and token; empty when there is none."""
    if not _has_marker(request):
        return {}
    try:
        if _is_form(request):
            return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
        payload = parse_json(request.body)
    except (InvalidInputError, ValueError):
        return {}
    signature = payload.get("signature") if isinstance(payload, Mapping) else None
    if isinstance(signature, str) and isinstance(payload, Mapping):
        return payload
    return signature if isinstance(signature, Mapping) else {}
