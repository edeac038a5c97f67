"""How a sender authenticates, as OpenAPI security schemes: by a key of the client, or a provider's own signature."""

from collections.abc import Iterable
from typing import Any, Final

from brain.domain.senders.signatures import hubspot, mandrill, sendgrid, url_secret
from brain.domain.senders.signatures.body_hmac import LINKEDIN, META, X

_HMAC: Final = "HMAC-SHA256 over the raw body, keyed with the secret that the client set for the provider."


def _header(name: str, description: str) -> dict[str, Any]:
    return {"type": "apiKey", "in": "header", "name": name, "description": description}


_KEY: Final = {
    "type": "http",
    "scheme": "bearer",
    "description": "A key of the client, created by `brain keys create`; two can be valid at once, for rotation.",
}
_SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "hubspot": _header(
        hubspot.SIGNATURE, f"HubSpot's signature v3, with {hubspot.TIMESTAMP}; or v2 in {hubspot.SIGNATURE_V2}."
    ),
    "sendgrid": _header(sendgrid.SIGNATURE, f"SendGrid's Ed25519 or ECDSA signature, with {sendgrid.TIMESTAMP}."),
    "meta": _header(META.header, _HMAC),
    "x": _header(X.header, _HMAC),
    "linkedin": _header(LINKEDIN.header, _HMAC),
    "mandrill": _header(mandrill.SIGNATURE, "Mandrill's signature over the URL and the form fields."),
    "url_secret": {
        "type": "apiKey",
        "in": "query",
        "name": url_secret.PARAMETER,
        "description": "The secret that the client set for a provider that signs nothing, such as Mailchimp.",
    },
    "basic": {"type": "http", "scheme": "basic", "description": "The user and password in the webhook's URL."},
    "openid": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An identity token that Google or Salesforce issued for this URL.",
    },
    "standard_webhooks": _header("webhook-signature", "Standard Webhooks, with webhook-id and webhook-timestamp."),
}  # Mailgun signs inside the body; OpenAPI has no scheme for that.


def build_security_schemes(signature_schemes: Iterable[str]) -> dict[str, Any]:
    """Return the scheme of API keys and those of ``signature_schemes`` that use a header."""
    return {"key": _KEY} | {name: _SCHEMES[name] for name in dict.fromkeys(signature_schemes) if name in _SCHEMES}
