"""How providers sign, written independently of how the Brain verifies: one signer per scheme."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, quote

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


def _epoch(signed_at: datetime) -> str:
    return str(int(signed_at.timestamp()))


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


@dataclass(frozen=True)
class Keys:
    """A provider's key pair, derived from a number so that every run has the same keys."""

    private: Any
    public: str

    @classmethod
    def ecdsa(cls, number: int = 7) -> "Keys":
        """Derive an ECDSA P-256 pair with the public key as SendGrid shows it."""
        private = ec.derive_private_key(number, ec.SECP256R1())
        return cls(private, _b64(_der(private)))

    @classmethod
    def ed25519(cls, number: int = 7) -> "Keys":
        """Derive an Ed25519 pair with the public key as base64 DER."""
        private = ed25519.Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32)
        return cls(private, _b64(_der(private)))

    def raw(self) -> str:
        """Return the Ed25519 public key as Standard Webhooks writes it."""
        raw = self.private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return "whpk_" + _b64(raw)

    def pem(self) -> str:
        """Return the public key as PEM."""
        encoding = serialization.PublicFormat.SubjectPublicKeyInfo
        return str(self.private.public_key().public_bytes(serialization.Encoding.PEM, encoding).decode())

    def sign(self, message: bytes) -> bytes:
        """Sign a message."""
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        return bytes(self.private.sign(message))


def _der(private: Any) -> bytes:
    encoding = serialization.PublicFormat.SubjectPublicKeyInfo
    return bytes(private.public_key().public_bytes(serialization.Encoding.DER, encoding))


SENDGRID_KEYS = Keys.ecdsa()


def hubspot(secret: str = SECRET, body: bytes = BODY, signed_at: datetime = NOW, url: str = URL) -> SignedRequest:
    """Sign as HubSpot does, version 3."""
    timestamp = str(int(signed_at.timestamp() * 1000))
    signature = _b64(_mac(secret, b"POST", url.encode(), body, timestamp.encode()))
    headers = {"x-hubspot-signature-v3": signature, "x-hubspot-request-timestamp": timestamp}
    return SignedRequest("POST", (url,), headers, body)


def sendgrid(
    secret: str = "", body: bytes = BODY, signed_at: datetime = NOW, keys: Keys = SENDGRID_KEYS
) -> SignedRequest:
    """Sign as SendGrid does; the receiver's secret is the public key, so a wrong secret signs with another pair."""
    signer = keys if secret in ("", keys.public) else Keys.ecdsa(11)
    headers = {
        "x-twilio-email-event-webhook-signature": _b64(signer.sign(_epoch(signed_at).encode() + body)),
        "x-twilio-email-event-webhook-timestamp": _epoch(signed_at),
    }
    return SignedRequest("POST", (URL,), headers, body)


def meta(secret: str = SECRET, body: bytes = BODY, signed_at: datetime = NOW) -> SignedRequest:
    """Sign as Meta does, over the body alone."""
    del signed_at
    return SignedRequest("POST", (URL,), {"x-hub-signature-256": f"sha256={_mac(secret, body).hex()}"}, body)


def x_posts(secret: str = SECRET, body: bytes = BODY, signed_at: datetime = NOW) -> SignedRequest:
    """Sign as X does, over the body alone."""
    del signed_at
    headers = {"x-twitter-webhooks-signature": f"sha256={_b64(_mac(secret, body))}"}
    return SignedRequest("POST", (URL,), headers, body)


def linkedin(secret: str = SECRET, body: bytes = BODY, signed_at: datetime = NOW) -> SignedRequest:
    """Sign as LinkedIn does, over a prefix and the body."""
    del signed_at
    return SignedRequest("POST", (URL,), {"x-li-signature": _mac(secret, b"hmacsha256=", body).hex()}, body)


def mailgun(secret: str = SECRET, body: bytes = b"", signed_at: datetime = NOW, token: str = "7" * 50) -> SignedRequest:
    """Sign as Mailgun does, inside the body; ``body`` is the event."""
    signature = {
        "timestamp": _epoch(signed_at),
        "token": token,
        "signature": _mac(secret, (_epoch(signed_at) + token).encode()).hex(),
    }
    event = json.loads(body or b'{"event": "opened", "id": "m-1"}')
    signed_body = json.dumps({"signature": signature, "event-data": event}).encode()
    return SignedRequest("POST", (URL,), {"content-type": "application/json"}, signed_body)


def hubspot_workflow(
    secret: str = SECRET, body: bytes = BODY, signed_at: datetime = NOW, url: str = URL
) -> SignedRequest:
    """Sign as HubSpot's workflows do, version 2: a plain hash that begins with the secret, without a time."""
    del signed_at
    signature = hashlib.sha256(f"{secret}POST{url}".encode() + body).hexdigest()
    return SignedRequest("POST", (url,), {"x-hubspot-signature": signature, "x-hubspot-signature-version": "v2"}, body)


FORM_BODY = b"mandrill_events=%5B%7B%22event%22%3A%22open%22%7D%5D&a=%C3%A9+%26"


def mandrill(secret: str = SECRET, body: bytes = FORM_BODY, signed_at: datetime = NOW, url: str = URL) -> SignedRequest:
    """Sign as Mandrill does: the URL, then each field's name and value in the order of the names."""
    del signed_at
    text = url + "".join(name + value for name, value in sorted(parse_qsl(body.decode(), keep_blank_values=True)))
    signature = _b64(hmac.digest(secret.encode(), text.encode(), hashlib.sha1))
    headers = {"x-mandrill-signature": signature, "content-type": "application/x-www-form-urlencoded"}
    return SignedRequest("POST", (url,), headers, body)


def mailchimp(secret: str = SECRET, body: bytes = FORM_BODY, signed_at: datetime = NOW) -> SignedRequest:
    """Put the secret into the URL, as Mailchimp recommends, since it signs nothing."""
    del signed_at
    headers = {"content-type": "application/x-www-form-urlencoded"}
    return SignedRequest("POST", (f"{URL}?secret={quote(secret, safe='')}",), headers, body)


def basic(secret: str = USER, body: bytes = BODY, signed_at: datetime = NOW) -> SignedRequest:
    """Authenticate with a user and a password."""
    del signed_at
    return SignedRequest("POST", (URL,), {"authorization": f"Basic {_b64(secret.encode())}"}, body)


def standard(
    secret: str = SECRET,
    body: bytes = BODY,
    signed_at: datetime = NOW,
    message_id: str = "msg_1",
    prefix: str = "webhook",
) -> SignedRequest:
    """Sign as Standard Webhooks 1.0.0 does with a shared secret."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    message = f"{message_id}.{_epoch(signed_at)}.".encode() + body
    headers = {
        f"{prefix}-id": message_id,
        f"{prefix}-timestamp": _epoch(signed_at),
        f"{prefix}-signature": "v1," + _b64(hmac.digest(key, message, hashlib.sha256)),
    }
    return SignedRequest("POST", (URL,), headers, body)


def with_header(request: SignedRequest, name: str, text: str | None) -> SignedRequest:
    """Return the request with one header changed, or removed when ``text`` is None."""
    others = {header: content for header, content in request.headers.items() if header != name}
    return replace(request, headers=others if text is None else others | {name: text})


@dataclass(frozen=True)
class SchemeCase:
    """A scheme, its signer, the right secret and a wrong one.

    ``header`` carries the signature (empty where the body does), ``time_source`` the header that carries its time.
    """

    scheme: str
    sign: Callable[..., SignedRequest]
    secret: str
    wrong_secret: str
    header: str
    time_source: str | None = None
    covers_body: bool = True


SCHEME_CASES = (
    SchemeCase("hubspot", hubspot, SECRET, OTHER, "x-hubspot-signature-v3", "x-hubspot-request-timestamp"),
    SchemeCase(
        "sendgrid",
        sendgrid,
        SENDGRID_KEYS.public,
        Keys.ecdsa(11).public,
        "x-twilio-email-event-webhook-signature",
        "x-twilio-email-event-webhook-timestamp",
    ),
    SchemeCase("hubspot", hubspot_workflow, SECRET, OTHER, "x-hubspot-signature"),
    SchemeCase("mandrill", mandrill, SECRET, OTHER, "x-mandrill-signature"),
    SchemeCase("meta", meta, SECRET, OTHER, "x-hub-signature-256"),
    SchemeCase("x", x_posts, SECRET, OTHER, "x-twitter-webhooks-signature"),
    SchemeCase("linkedin", linkedin, SECRET, OTHER, "x-li-signature"),
    SchemeCase("mailgun", mailgun, SECRET, OTHER, "", "body", covers_body=False),
    SchemeCase("basic", basic, USER, "brain:another", "authorization", covers_body=False),
    SchemeCase("standard_webhooks", standard, SECRET, OTHER, "webhook-signature", "webhook-timestamp"),
)
HEADER_CASES = tuple(case for case in SCHEME_CASES if case.header)
BODY_CASES = tuple(case for case in SCHEME_CASES if case.covers_body)
TIMED_CASES = tuple(case for case in SCHEME_CASES if case.time_source)
