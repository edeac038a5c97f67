"""Verifies that a request was signed by a provider that the client trusts, and that it is not a replay."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from cachetools import TTLCache

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures import openid, registry
from brain.domain.senders.signatures.accepted_deliveries import AcceptedDelivery
from brain.domain.senders.signatures.challenges import Challenge, ChallengeResponse
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.senders_config import Provider, SendersConfig
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest
from brain.errors import MisconfiguredError, ReplayedRequestError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, EventWriter, WriteStatus
from brain.ports.logger import ErrorReporter
from brain.ports.signing_keys import SigningKeys
from brain.repositories.gateway import accepted_deliveries
from brain.services.gateway.sender_secrets import SenderSecrets

CACHE_SIZE = 10_000
OPENID = "openid"
_REPLAYED = "another request with this id was already accepted and stored; sign each request with an id of its own"


@dataclass(frozen=True, slots=True)
class VerifiedSender:
    """The provider that signed a request.

    Attributes:
        provider: its name.
        signed_at: the signed time.
        delivery: what to remember once the request is durable.
        is_resend: whether all of the request is stored already.
    """

    provider: str
    signed_at: datetime | None
    delivery: AcceptedDelivery | None
    is_resend: bool = False


@dataclass(slots=True)
class VerifySender:
    """Tries the providers that may sign for the source and whose scheme the request claims to use."""

    config: SendersConfig
    secrets: SenderSecrets
    keys: SigningKeys
    store: DocumentStore
    writer: EventWriter
    clock: Clock
    report_error: ErrorReporter
    _deliveries: TTLCache[str, AcceptedDelivery] = field(init=False, repr=False)
    _lock: threading.Lock = field(init=False, repr=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Create an empty cache that ages by the clock and drops what the tolerance refuses anyway."""
        cache_seconds = 2 * self.config.tolerance_seconds
        self._deliveries = TTLCache(CACHE_SIZE, cache_seconds, timer=lambda: self.clock.now().timestamp())

    def may_be_signed(self, source: str, request: SignedRequest) -> bool:
        """Whether a provider of this source may have signed, by the headers alone; the body need not be read yet."""
        return bool(self._applicable_providers(source, request))

    def count_unknown_secrets(self, client_id: str, source: str, request: SignedRequest) -> int:
        """Return how many secrets a check would read of which nothing is known; nothing is read here."""
        providers = [name for name, _ in self._applicable_providers(source, request)]
        return self.secrets.count_unknown(client_id, providers)

    def is_prepared(self, client_id: str, source: str, request: SignedRequest) -> bool:
        """Whether a check needs neither a secret nor an issuer's key that is not cached."""
        return all(
            self.secrets.is_cached(client_id, name) and self._has_keys(client_id, name, provider, request)
            for name, provider in self._applicable_providers(source, request)
        )

    def _has_keys(self, client_id: str, name: str, provider: Provider, request: SignedRequest) -> bool:
        """Whether the keys that a token names are cached; the secrets are."""
        if provider.scheme != OPENID:
            return True
        credentials = self._credentials(provider, self.secrets.get(client_id, name))
        try:
            references = openid.list_key_references(request, credentials)
        except MisconfiguredError:
            return True
        return all(self.keys.is_cached(keys_url, key_id) for keys_url, key_id in references)

    def _credentials(self, provider: Provider, secrets: tuple[str, ...]) -> SenderCredentials:
        return SenderCredentials(secrets, provider.issuers, provider.keys_url, self.keys.find_key)

    def find_body_limit(self, source: str, request: SignedRequest) -> int | None:
        """Return how many bytes of the body may be read before its sender is verified; None if none need to be."""
        schemes = [registry.SCHEMES[provider.scheme] for _, provider in self._applicable_providers(source, request)]
        limits = [scheme.max_body_bytes for scheme in schemes if scheme.max_body_bytes is not None]
        return max(limits, default=None)

    def check_headers(self, client_id: str, source: str, request: SignedRequest) -> None:
        """Check a request whose headers alone prove its sender, before its body is read.

        Raises:
            UnauthenticatedError, SenderCheckUnavailableError: see ``check``.
        """
        self._prove(client_id, source, request, self.clock.now())

    def check(self, client_id: str, source: str, request: SignedRequest) -> VerifiedSender:
        """Return the sender that signed the request.

        Raises:
            UnauthenticatedError: no provider that the client trusts, with the reason in its context; an unknown client
                gets the same error.
            ReplayedRequestError: another body was accepted already under the id of this one.
            SenderCheckUnavailableError: secrets or keys cannot be loaded now.
            StoreUnavailableError: the store did not answer whether the request was accepted already.
        """
        now = self.clock.now()
        name, provider, proof = self._prove(client_id, source, request, now)
        delivery = AcceptedDelivery.from_proof(client_id, name, proof, request.body, self._max_age(provider))
        is_resend = self._refuse_replay(delivery, now)
        return VerifiedSender(name, proof.signed_at, delivery, is_resend)

    def _prove(self, client_id: str, source: str, request: SignedRequest, now: datetime) -> tuple[str, Provider, Proof]:
        """Return the name and the settings of the provider that signed, and its proof."""
        reasons: list[str] = []
        for name, provider in self._applicable_providers(source, request):
            proof = self._verify(client_id, name, provider, request, now)
            if isinstance(proof, Proof):
                return name, provider, proof
            reasons.append(f"{name}: {proof.reason}")
        raise UnauthenticatedError(NOT_AUTHENTICATED, reason="; ".join(reasons) or "no signature of this source")

    async def finish(self, sender: VerifiedSender, *, durable: bool) -> None:
        """Remember the delivery of a durable request; allow that of any other to be sent again in any form.

        The answer does not depend on it: if the store fails here, the events of a replay are duplicates.
        """
        delivery = sender.delivery
        if delivery is None or sender.is_resend:
            return
        with self._lock:
            if durable:
                self._deliveries[delivery.delivery_id] = delivery
            elif (pending := self._deliveries.get(delivery.delivery_id)) and pending.signed_at is None:
                del self._deliveries[delivery.delivery_id]
        if durable:
            await self._store_delivery(delivery)

    async def _store_delivery(self, delivery: AcceptedDelivery) -> None:
        try:
            (write_result,) = await self.writer.write([accepted_deliveries.build_write(delivery)])
        except Exception as exc:  # noqa: BLE001 - the events are durable, and the sender must be told so
            self.report_error("store an accepted delivery", exc)
            return
        if write_result.status is not WriteStatus.WRITTEN and write_result.error:
            self.report_error("store an accepted delivery", write_result.error)

    def respond(self, client_id: str, source: str, challenge: Challenge, query: Mapping[str, str]) -> ChallengeResponse:
        """Return the response to a provider's challenge whether the address is its customer's.

        Raises:
            UnauthenticatedError: it is not, or the provider would not send such a challenge.
            SenderCheckUnavailableError: secrets cannot be loaded now.
        """
        provider = self.config.providers.get(challenge.provider)
        if provider is None or not provider.may_sign_for(source):
            raise UnauthenticatedError(NOT_AUTHENTICATED, reason="a challenge of another source's provider")
        response = challenge.respond(query, self.secrets.get(client_id, challenge.secret_provider))
        if isinstance(response, Refusal):
            raise UnauthenticatedError(NOT_AUTHENTICATED, reason=response.reason)
        return response

    @property
    def _tolerance(self) -> timedelta:
        return timedelta(seconds=self.config.tolerance_seconds)

    def _max_age(self, provider: Provider) -> timedelta:
        """Return how long ago a request may have been signed, and so how long it is remembered."""
        return timedelta(seconds=provider.retry_seconds or self.config.tolerance_seconds)

    def _applicable_providers(self, source: str, request: SignedRequest) -> list[tuple[str, Provider]]:
        return [
            (name, provider)
            for name, provider in self.config.providers.items()
            if provider.may_sign_for(source) and registry.SCHEMES[provider.scheme].applies_to(request)
        ]

    def _verify(
        self, client_id: str, name: str, provider: Provider, request: SignedRequest, now: datetime
    ) -> Proof | Refusal:
        secrets = self.secrets.get(client_id, name)
        if not secrets:
            return Refusal(f"{build_secret_name(client_id, name)} is not set, or may not be read")
        credentials, max_age = self._credentials(provider, secrets), self._max_age(provider)
        try:
            return registry.verify(provider.scheme, request, credentials, now, self._tolerance, max_age)
        except MisconfiguredError as error:
            # The operator is told. The sender gets the answer of a stranger, so that nobody learns who is a client.
            self.report_error(f"secret of {name}", error)
            return Refusal("a secret is not of the kind that the scheme needs")

    def _refuse_replay(self, delivery: AcceptedDelivery | None, now: datetime) -> bool:
        """Return whether the delivery was accepted before, by any instance; refuse another body under its id.

        While a request is being processed, its id is bound to its body.
        """
        if delivery is None:
            return False
        delivery_id = delivery.delivery_id
        with self._lock:
            earlier = self._deliveries.get(delivery_id)
        if earlier is None or earlier.signed_at is None:
            earlier = accepted_deliveries.find(self.store, delivery_id)
        with self._lock:
            if earlier:
                self._deliveries[delivery_id] = earlier
            earlier = self._deliveries.setdefault(delivery_id, replace(delivery, signed_at=None))
        if earlier.is_replayed_by(delivery, now):
            raise ReplayedRequestError(_REPLAYED)
        return earlier.is_resent_by(delivery, now)
