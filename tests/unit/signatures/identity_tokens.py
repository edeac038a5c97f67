"""An issuer of identity tokens on the loopback: it signs tokens and publishes its keys."""

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

AUDIENCE = "https://brain.example/v1/clients/acme/events/warehouse"
ACCOUNT = "push@a-project.iam.gserviceaccount.com"


@cache
def private_key(name: str) -> rsa.RSAPrivateKey:
    """Generate the key pair of this name, once per run."""
    del name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public_jwk(kid: str) -> dict[str, Any]:
    """Return a public key as an issuer publishes it."""
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key(kid).public_key()))
    return jwk | {"kid": kid, "alg": "RS256", "use": "sig"}


def google_claims(now: datetime, **changes: Any) -> dict[str, Any]:
    """Return the claims of a Pub/Sub push token; a changed claim of None is left out."""
    issued = int(now.timestamp())
    claims = {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": issued + 3600,
        "iat": issued,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
    }
    return {name: claim for name, claim in (claims | changes).items() if claim is not None}


def sign_token(claims: Mapping[str, Any], kid: str = "key-1", claimed_kid: str | None = None) -> str:
    """Sign a token with the issuer's key ``kid``; its header names ``claimed_kid`` if given."""
    return jwt.encode(dict(claims), private_key(kid), "RS256", headers={"kid": claimed_kid or kid})


@dataclass
class Issuer:
    """What the loopback serves; tests change it and count its requests."""

    url: str = ""
    kids: list[str] = field(default_factory=lambda: ["key-1"])
    status: int = 200
    body: bytes | None = None
    requests: int = 0

    def answer(self) -> bytes:
        """Return the key set, or the body that a test serves instead."""
        return self.body if self.body is not None else json.dumps({"keys": [public_jwk(k) for k in self.kids]}).encode()


@contextmanager
def issuer() -> Iterator[Issuer]:
    """Serve a key set on the loopback."""
    served = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests += 1
            self.send_response(served.status)
            if served.status == 302:
                self.send_header("Location", served.url)
            self.end_headers()
            self.wfile.write(served.answer())

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    served.url = f"http://127.0.0.1:{server.server_port}/certs"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
