"""Mailgun's signature: HMAC-SHA256 over time and token, inside the body.

Source: Mailgun, "Securing webhooks". It covers nothing of the event, so whoever saw one could put it on a body
of his own: the token is what makes it safe, and it may come with one body only. ``parent-signature`` is that
of the account above a subaccount.
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import parse_qsl

from brain.domain.json_text import parse_json
from brain.domain.senders.signatures.signed_request import (
    Proof,
    Refused,
    SignedRequest,
    Trust,
    digest,
    equals_any,
    from_hex,
    hmac_sha256,
    moment,
)
from brain.errors import InvalidInputError

# It has to be read before anyone is known, so a stranger may not make that expensive.
MAX_BODY_BYTES: Final = 1024 * 1024
MAX_FORM_FIELDS: Final = 1000
_FORM: Final = "application/x-www-form-urlencoded"
_SIGNATURES: Final = ("signature", "parent-signature")
_FORM_MARK: Final = b"signature="
_JSON_MARK: Final = b'"signature"'


def claims(request: SignedRequest) -> bool:
    """Whether the body may hold such a signature; nothing outside of it tells."""
    return "authorization" not in request.headers


def verify(request: SignedRequest, trust: Trust) -> Proof | Refused:
    """Return the proof, or why there is none."""
    part = _part(request)
    timestamp, token = str(part.get("timestamp", "")), part.get("token")
    signed_at = moment(timestamp)
    if signed_at is None or not isinstance(token, str) or not token:
        return Refused("the body has no signature of Mailgun's: timestamp, token, signature")
    message = timestamp.encode() + token.encode("utf-8", "surrogatepass")
    given = [from_hex(str(part.get(name, ""))) for name in _SIGNATURES]
    if not equals_any(given, [hmac_sha256(secret.encode(), message) for secret in trust.secrets]):
        return Refused("the signature is not that of this token and this time")
    # Of both as one, since a digit moved from the token to the time would be signed alike.
    return Proof(signed_at, digest(message))


def _part(request: SignedRequest) -> Mapping[str, Any]:
    """Return what stands beside the signature, empty when there is none."""
    form = request.header("content-type").partition(";")[0].strip().lower() == _FORM
    if len(request.body) > MAX_BODY_BYTES or (_FORM_MARK if form else _JSON_MARK) not in request.body:
        return {}
    try:
        if form:
            return dict(parse_qsl(request.body.decode(), keep_blank_values=True, max_num_fields=MAX_FORM_FIELDS))
        value = parse_json(request.body)
    except (InvalidInputError, ValueError):
        return {}
    part = value.get("signature") if isinstance(value, Mapping) else None
    if isinstance(part, str) and isinstance(value, Mapping):
        return value
    return part if isinstance(part, Mapping) else {}
