"""What providers do on their side, written apart from how the Brain checks it: one signer a scheme."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from brain.domain.senders.signatures.signed_request import SignedRequest

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
URL = "https://brain.example/v1/clients/acme/events/custom"
BODY = b'[{"event_id": "post-1", "likes": 3}]'
USER = "brain:a password"
SECRET = "whsec_" + base64.b64encode(b"a secret of a test, 24 bytes+").decode()
OTHER = "whsec_" + base64.b64encode(b"another secret of a test....").decode()


def _mac(secret: str, *parts: bytes) -> bytes:
    return hmac.digest(secret.encode(), b"".join(parts), hashlib.sha256)


def _seconds(at: datetime) -> str:
    return str(int(at.timestamp()))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True)
class Keys:
    """A provider's key pair, made from a number so that tests are the same each time."""

    private: Any
    public: str

    @classmethod
    def ecdsa(cls, number: int = 7) -> "Keys":
        """An ECDSA P-256 pair, the public half as SendGrid shows it."""
        private = ec.derive_private_key(number, ec.SECP256R1())
        return cls(private, _b64(_der(private)))

    @classmethod
    def ed25519(cls, number: int = 7) -> "Keys":
        """An Ed25519 pair, the public half as base64 DER."""
        private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        return cls(private, _b64(_der(private)))

    def raw(self) -> str:
        """The public half of Ed25519 as Standard Webhooks writes it."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return "whpk_" + _b64(raw)

    def pem(self) -> str:
        """The public half as PEM."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return str(self.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode())

    def sign(self, message: bytes) -> bytes:
        """The signature of a message."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        return bytes(self.private.sign(message))


def _der(private: Any) -> bytes:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(private.public_key().public_bytes(serialization.Encoding.DER, form))


SENDGRID_KEYS = Keys.ecdsa()


def hubspot(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW, url: str = URL) -> SignedRequest:
    """HubSpot, version 3."""
    timestamp = str(int(at.timestamp() * 1000))
    signature = _b64(_mac(secret, b"POST", url.encode(), body, timestamp.encode()))
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp}
    return SignedRequest("POST", (url,), headers, body)


def sendgrid(secret: str = "", body: bytes = BODY, at: datetime = NOW, keys: Keys = SENDGRID_KEYS) -> SignedRequest:
    """SendGrid; the secret that the receiver knows is the public key, so a wrong one signs with another pair."""
    signer = keys if secret in ("", keys.public) else Keys.ecdsa(11)
    headers = {
        "x-twilio-email-event-webhook-signature": _b64(signer.sign(_seconds(at).encode() + body)),
        "x-twilio-email-event-webhook-timestamp": _seconds(at),
    }
    return SignedRequest("POST", (URL,), headers, body)


def meta(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW) -> SignedRequest:
    """Meta, over the body alone."""
    del at
    return SignedRequest("POST", (URL,), {"x-hub-signature-256": f"sha256={_mac(secret, body).hex()}"}, body)


def x_posts(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW) -> SignedRequest:
    """X, over the body alone."""
    del at
    headers = {"x-twitter-webhooks-signature": f"sha256={_b64(_mac(secret, body))}"}
    return SignedRequest("POST", (URL,), headers, body)


def linkedin(secret: str = SECRET, body: bytes = BODY, at: datetime = NOW) -> SignedRequest:
    """LinkedIn, over the body behind a word."""
    del at
    return SignedRequest("POST", (URL,), {"x-li-signature": _mac(secret, b"hmacsha256=", body).hex()}, body)


def mailgun(secret: str = SECRET, body: bytes = b"", at: datetime = NOW, token: str = "7" * 50) -> SignedRequest:
    """Mailgun, inside the body; ``body`` is the event's part."""
    part = {"timestamp": _seconds(at), "token": token, "signature": _mac(secret, (_seconds(at) + token).encode()).hex()}
    event = json.loads(body or b'{"event": "opened", "id": "m-1"}')
    whole = json.dumps({"signature": part, "event-data": event}).encode()
    return SignedRequest("POST", (URL,), {"content-type": "application/json"}, whole)


def basic(secret: str = USER, body: bytes = BODY, at: datetime = NOW) -> SignedRequest:
    """A user and a password."""
    del at
    return SignedRequest("POST", (URL,), {"authorization": f"Basic {_b64(secret.encode())}"}, body)


def standard(
    secret: str = SECRET, body: bytes = BODY, at: datetime = NOW, identifier: str = "msg_1", prefix: str = "webhook"
) -> SignedRequest:
    """Standard Webhooks, version 1.0.0, symmetric."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"{identifier}.{_seconds(at)}.".encode() + body
    headers = {
        f"{prefix}-id": identifier,
        f"{prefix}-timestamp": _seconds(at),
        f"{prefix}-signature": "v1," + _b64(hmac.digest(key, message, hashlib.sha256)),
    }
    return SignedRequest("POST", (URL,), headers, body)


def with_header(request: SignedRequest, name: str, value: str | None) -> SignedRequest:
    """The same request with one header changed, or gone."""
    kept = {known: text for known, text in request.headers.items() if known != name}
    return replace(request, headers=kept if value is None else kept | {name: value})


@dataclass(frozen=True)
class Signed:
    """A scheme, who signs by it, the secret that is right and one that is not."""

    scheme: str
    sign: Callable[..., SignedRequest]
    secret: str
    wrong: str
    header: str
    timed: str | None = None
    covers_body: bool = True


SIGNED = (
    Signed("hubspot_v3", hubspot, SECRET, OTHER, "x-hubspot-signature-v3", "x-hubspot-request-timestamp"),
    Signed(
        "sendgrid",
        sendgrid,
        SENDGRID_KEYS.public,
        Keys.ecdsa(11).public,
        "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    ),
    Signed("meta", meta, SECRET, OTHER, "x-hub-signature-256"),
    Signed("x", x_posts, SECRET, OTHER, "x-twitter-webhooks-signature"),
    Signed("linkedin", linkedin, SECRET, OTHER, "x-li-signature"),
    Signed("mailgun", mailgun, SECRET, OTHER, "", "body", covers_body=False),
    Signed("basic", basic, USER, "brain:another", "authorization", covers_body=False),
    Signed("standard_webhooks", standard, SECRET, OTHER, "webhook-signature", "webhook-timestamp"),
)
HEADED = tuple(one for one in SIGNED if one.header)
COVERING = tuple(one for one in SIGNED if one.covers_body)
TIMED = tuple(one for one in SIGNED if one.timed)
