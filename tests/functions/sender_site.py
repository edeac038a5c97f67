"""A client's ingest URL on a store in memory, with senders that sign, sit behind proxies, or are strangers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.testclient import TestClient
from unit.signatures.signers import NOW, SECRET, SENDGRID_KEYS

from brain import bootstrap
from brain.bootstrap import Brain
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.local import LocalServer
from brain.errors import MissingSecretError, SecretsUnavailableError
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock

FORM = "application/x-www-form-urlencoded"
PROXY = ("169.254.1.1", 50_000)  # the peer that a function sees: never the caller, and never this machine


class CountingSecrets:
    """Secrets of a few providers, which count how often they are read."""

    def __init__(self) -> None:
        self.values = {"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"}
        self.sender_reads: list[str] = []
        self.is_away = False

    def put(self, provider: str, text: str, client: str = "acme") -> None:
        """Set a provider's secret."""
        self.values[build_secret_name(client, provider)] = text

    def read(self, name: str) -> str:
        """Return a secret."""
        if name.startswith("BRAIN_SENDER_"):
            self.sender_reads.append(name)
            if self.is_away:
                raise SecretsUnavailableError(f"{name} cannot be had")
        if name not in self.values:
            raise MissingSecretError(f"{name} is missing")
        return self.values[name]


class SenderSite:
    """The local server's ingest URL, called through a proxy that appends the caller's address."""

    def __init__(self, brain: Brain, secrets: CountingSecrets) -> None:
        self.brain, self.secrets = brain, secrets
        self.key, _ = brain.key_ring.create("acme")
        app = LocalServer(brain, schedule=False).app()
        self.http = TestClient(app, base_url="https://brain.example", raise_server_exceptions=False, client=PROXY)

    def post(
        self, body: bytes, source: str = "email", *, client: str = "acme", caller: str = "203.0.113.9", **headers: str
    ) -> Any:
        """Post a body with the client's API key; names of headers are written with underscores."""
        sent = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json", "X-Forwarded-For": caller}
        sent |= {name.replace("_", "-"): text for name, text in headers.items()}
        return self.http.post(f"/ingest/v1/clients/{client}/events/{source}", content=body, headers=sent)

    def deliver(
        self, signed: SignedRequest, source: str, *, client: str = "acme", caller: str = "203.0.113.9", query: str = ""
    ) -> Any:
        """Post a signed request."""
        headers = {"content-type": "application/json", "X-Forwarded-For": caller, **signed.headers}
        url = f"/ingest/v1/clients/{client}/events/{source}{query}"
        return self.http.post(url, content=signed.body, headers=headers)

    def url(self, source: str, query: str = "") -> str:
        """Return the URL as an operator enters it in a provider's settings."""
        return f"https://brain.example/ingest/v1/clients/acme/events/{source}{query}"

    def events(self) -> list[dict[str, Any]]:
        """Return the stored events."""
        return [dict(event.data) for event in self.brain.store.query(paths.events("acme"))]

    def dead_letters(self) -> list[Any]:
        """Return the client's dead letters."""
        return DeadLetters(self.brain.store).list(self.brain.clock.now(), "acme")

    def difference(self) -> int:
        """Return how many items are not accounted for."""
        return int(Reconcile(self.brain.store)("acme")["difference"])


@contextmanager
def open_site() -> Iterator[SenderSite]:
    """Open a site whose client trusts SendGrid, Mailgun, Mandrill, Mailchimp, HubSpot, X and Standard Webhooks."""
    secrets = CountingSecrets()
    for provider in ("mailgun", "mandrill", "mailchimp", "hubspot", "x", "standard_webhooks"):
        secrets.put(provider, SECRET)
    secrets.put("sendgrid", SENDGRID_KEYS.public)
    settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    brain = bootstrap.build_brain(settings, clock=ManualClock(NOW), secrets=secrets)
    brain.log = lambda *_, **__: None
    site = SenderSite(brain, secrets)
    with site.http:
        yield site
    brain.store.close()


def build_open(number: int = 1, **fields: Any) -> dict[str, Any]:
    """Build SendGrid's event of an opened message."""
    timestamp = int(NOW.timestamp()) - 60
    event = {"event": "open", "email": "ines@example.org", "timestamp": timestamp, "sg_event_id": f"e{number}"}
    return event | {"sg_message_id": "m9.filter"} | fields


def encode(payload: Any) -> bytes:
    """Return JSON."""
    return json.dumps(payload).encode()
