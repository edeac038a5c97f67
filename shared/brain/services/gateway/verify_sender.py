"""Says whether a request is from a provider that the client trusts, and that it was not taken before."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cachetools import TTLCache

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures import registry
from brain.domain.senders.signatures.accepted_deliveries import AcceptedDelivery
from brain.domain.senders.signatures.challenges import Challenge, ChallengeResponse
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.senders_config import Provider, SendersConfig
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest
from brain.errors import MisconfiguredError, ReplayedRequestError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, EventWriter, WriteStatus
from brain.ports.signing_keys import SigningKeys
from brain.repositories.gateway import signatures
from brain.services.gateway.sender_secrets import SenderSecrets

REMEMBERED = 10_000
_REPLAYED = "this signed request was taken before and everything in it is stored; do not send it again"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who signed, when, and what to remember once the request is durable."""

    provider: str
    signed_at: datetime | None
    taken: AcceptedDelivery | None


@dataclass(slots=True)
class VerifySender:
    """Tries the providers that may sign for the source and by whose scheme the request says it is signed."""

    config: SendersConfig
    secrets: SenderSecrets
    keys: SigningKeys
    store: DocumentStore
    writer: EventWriter
    clock: Clock
    failed: Callable[[str, Exception], None]
    _seen: TTLCache[str, AcceptedDelivery] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Start with an empty memory that ages by this clock and forgets what the tolerance refuses anyway."""
        twice = 2 * self.config.tolerance_seconds
        self._seen = TTLCache(REMEMBERED, twice, timer=lambda: self.clock.now().timestamp())

    def claims(self, source: str, request: SignedRequest) -> bool:
        """Whether the headers allow that a provider of this source signed; the body need not be read yet."""
        return bool(self._claiming(source, request))

    def check(self, client_id: str, source: str, request: SignedRequest) -> Sender:
        """Return who signed the request.

        Raises:
            UnauthenticatedError: nobody whom this client trusts; the same for an unknown client. Its context says why.
            ReplayedRequestError: this signing, or another body under its id, was taken before.
            SenderCheckUnavailableError: secrets or keys cannot be had now.
            StoreUnavailableError: whether it was taken before cannot be known now.
        """
        now = self.clock.now()
        reasons: list[str] = []
        for name, provider in self._claiming(source, request):
            found = self._verified(client_id, name, provider, request, now)
            if isinstance(found, Proof):
                request_taken = AcceptedDelivery.from_proof(client_id, name, found, request.body, self._tolerance)
                self._refuse_replay(request_taken, now)
                return Sender(name, found.signed_at, request_taken)
            reasons.append(f"{name}: {found.reason}")
        raise UnauthenticatedError(NOT_AUTHENTICATED, reason="; ".join(reasons) or "no signature of this source's")

    async def end(self, sender: Sender, *, durable: bool) -> None:
        """Remember a request that was taken and is durable; let one that was not come again in any form.

        The answer does not hang on it: should the store fail here, a replay is a duplicate, and identity meets it.
        """
        if sender.taken is None:
            return
        with self._lock:
            if durable:
                self._seen[sender.taken.delivery_id] = sender.taken
            elif (known := self._seen.get(sender.taken.delivery_id)) and known.signed_at is None:
                del self._seen[sender.taken.delivery_id]
        if durable:
            await self._remember(sender.taken)

    async def _remember(self, request_taken: AcceptedDelivery) -> None:
        try:
            (result,) = await self.writer.write([signatures.remember(request_taken)])
        except Exception as exc:  # noqa: BLE001 - the events are durable, and their sender is to hear of it
            self.failed("remember a signed request", exc)
            return
        if result.status is not WriteStatus.WRITTEN and result.error:
            self.failed("remember a signed request", result.error)

    def answer(self, client_id: str, source: str, challenge: Challenge, query: Mapping[str, str]) -> ChallengeResponse:
        """Return the answer to a provider's question whether the address is this client's.

        Raises:
            UnauthenticatedError: it is not, or the question is none that the provider would ask.
            SenderCheckUnavailableError: secrets cannot be had now.
        """
        provider = self.config.providers.get(challenge.provider)
        if provider is None or not provider.may_sign_for(source):
            raise UnauthenticatedError(NOT_AUTHENTICATED, reason="a challenge of another source's provider")
        found = challenge.respond(query, self.secrets.of(client_id, challenge.secret_provider))
        if isinstance(found, Refusal):
            raise UnauthenticatedError(NOT_AUTHENTICATED, reason=found.reason)
        return found

    @property
    def _tolerance(self) -> timedelta:
        return timedelta(seconds=self.config.tolerance_seconds)

    def _claiming(self, source: str, request: SignedRequest) -> list[tuple[str, Provider]]:
        return [
            (name, provider)
            for name, provider in self.config.providers.items()
            if provider.may_sign_for(source) and registry.SCHEMES[provider.scheme].applies_to(request)
        ]

    def _verified(
        self, client_id: str, name: str, provider: Provider, request: SignedRequest, now: datetime
    ) -> Proof | Refusal:
        secrets = self.secrets.of(client_id, name)
        if not secrets:
            return Refusal(f"{build_secret_name(client_id, name)} is not set, or may not be read")
        trust = SenderCredentials(secrets, provider.issuers, provider.keys_url, self.keys.find_key)
        try:
            return registry.verify(provider.scheme, request, trust, now, self._tolerance)
        except MisconfiguredError as error:
            # Told to the operator; the sender gets the answer of any stranger, so that nobody learns who is a client.
            self.failed(f"secret of {name}", error)
            return Refusal("a secret is not of the kind that the scheme needs")

    def _refuse_replay(self, request_taken: AcceptedDelivery | None, now: datetime) -> None:
        """Refuse what was taken before, here or by another instance, and another body while one is on its way."""
        if request_taken is None:
            return
        name = request_taken.delivery_id
        with self._lock:
            known = self._seen.get(name)
        stored = signatures.find(self.store, name) if known is None or known.signed_at is None else known
        with self._lock:
            if stored:
                self._seen[name] = stored
            known = self._seen.setdefault(name, replace(request_taken, signed_at=None))
        if known.is_replayed_by(request_taken, now):
            raise ReplayedRequestError(_REPLAYED)
