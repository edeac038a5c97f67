"""How a sender may say who it is, as OpenAPI's security schemes: a key of the client, or a provider's own signature."""

from collections.abc import Iterable
from typing import Any, Final

from brain.domain.senders.signatures import hubspot, sendgrid
from brain.domain.senders.signatures.body_hmac import LINKEDIN, META, X

_OVER: Final = "over the raw body, keyed with the secret that the client set for the provider"


def _header(name: str, description: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_KEY: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of the client, made by `brain keys create`; two are valid at once, for rotation.",
}
_SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "hubspot_v3": _header(hubspot.SIGNATURE, f"HubSpot's signature v3, with {hubspot.TIMESTAMP}."),
    "sendgrid": _header(sendgrid.SIGNATURE, f"SendGrid's Ed25519 or ECDSA signature, with {sendgrid.TIMESTAMP}."),
    "meta": _header(META.header, f"HMAC-SHA256 {_OVER}."),
    "x": _header(X.header, f"HMAC-SHA256 {_OVER}."),
    "linkedin": _header(LINKEDIN.header, f"HMAC-SHA256 {_OVER}."),
    "basic": {"type": "http", "scheme": "basic", "description": "The user and password of the webhook's address."},
    "openid": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An identity token that Google or Salesforce issued for this address.",
    },
    "standard_webhooks": _header("webhook-signature", "Standard Webhooks, with webhook-id and webhook-timestamp."),
}  # Mailgun signs inside the body, which OpenAPI has no scheme for.


def security_schemes(signed: Iterable[str]) -> dict[str, Any]:
    """Return the key and those of the ``signed`` schemes that a header tells."""
    return {"key": _KEY} | {name: _SCHEMES[name] for name in dict.fromkeys(signed) if name in _SCHEMES}
