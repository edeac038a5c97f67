"""Admits requests: by an API key of the client, or by a signature of its provider."""

from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Protocol

import anyio
import anyio.to_thread
from starlette.requests import Request as StarletteRequest

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.entrypoints.gateway.addresses import find_remote_address
from brain.entrypoints.gateway.request_bodies import MAX_UNPROVEN_SECONDS, RequestBody, read_body
from brain.entrypoints.http import Response
from brain.errors import UnauthenticatedError
from brain.services.gateway.api_keys import Authenticator
from brain.services.gateway.body_budget import BodyBudget, BodyLease
from brain.services.gateway.rate_limits import RateLimits

if TYPE_CHECKING:
    from brain.entrypoints.gateway.signed_senders import SignedSenders
    from brain.services.gateway.verify_sender import VerifiedSender, VerifySender

MAX_WAITING_THREADS = 8


class SenderVerifierFactory(Protocol):
    """Returns the service that verifies signed requests, built on first use."""

    def __call__(self) -> "VerifySender":
        """Return the service."""


@dataclass(slots=True)
class Admission:
    """Decides who may send, with the budget of the caller's address checked before any secret or store is read."""

    authenticator: Authenticator
    limits: RateLimits
    unproven_bodies: BodyBudget
    verifier: SenderVerifierFactory | None = None  # built by the first request that needs it
    _signed: "SignedSenders | None" = None
    _waiting: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(MAX_WAITING_THREADS))

    async def admit(
        self, request: StarletteRequest, client_id: str, source: str
    ) -> "tuple[RequestBody, VerifiedSender | None]":
        """Return the body of a request with a valid API key, or of a signed one with its sender."""
        address = find_remote_address(request, self.limits.trusted_hops)
        key = _bearer_key(request.headers.get("authorization", ""))
        if self.verifier is None or (key and "." not in key):  # keys have no dots, identity tokens do
            await self._authenticate(key, client_id, address)
            return await read_body(request, request.state.body_lease), None
        return await self._load_signed(self.verifier).admit(
            request, client_id, source, address, partial(self._read_signed_body, request)
        )

    async def answer_challenge(self, request: StarletteRequest, client_id: str, source: str) -> Response | None:
        """Return the response to a provider that verifies its customer's address, None if this is no challenge."""
        if self.verifier is None or not request.url.query:
            return None
        address = find_remote_address(request, self.limits.trusted_hops)
        return await self._load_signed(self.verifier).answer_challenge(request, client_id, source, address)

    async def finish(self, sender: "VerifiedSender | None", *, durable: bool) -> None:
        """Remember a signed request that is durable, so that it is not accepted again."""
        if self.verifier and sender:
            await self.verifier().finish(sender, durable=durable)

    def _load_signed(self, verifier: SenderVerifierFactory) -> "SignedSenders":
        from brain.entrypoints.gateway.signed_senders import SignedSenders  # noqa: PLC0415 - API keys need nothing of it

        if self._signed is None:
            self._signed = SignedSenders(verifier(), self.limits, anyio.CapacityLimiter(MAX_WAITING_THREADS))
        return self._signed

    async def _read_signed_body(self, request: StarletteRequest, limit: int | None) -> RequestBody:
        """Return the body of a proven sender, or one of at most ``limit`` bytes that has yet to prove its sender."""
        lease: BodyLease = request.state.body_lease
        if limit is None:
            return await read_body(request, lease)
        lease.move_to(self.unproven_bodies)
        return await read_body(request, lease, limit, MAX_UNPROVEN_SECONDS)

    async def _authenticate(self, key: str, client_id: str, address: str) -> None:
        """Check a key; a guess has taken from the address's budget before the store is read."""
        if self.authenticator.is_cached(key, client_id):
            return
        await self.limits.take_request(address)
        if not key or self.authenticator.is_refused(key, client_id):
            raise UnauthenticatedError(NOT_AUTHENTICATED)
        await anyio.to_thread.run_sync(self.authenticator.check, key, client_id, limiter=self._waiting)
        self.limits.give_back_request(address)


def _bearer_key(authorization: str) -> str:
    """Return the bearer key of an ``Authorization`` header, empty without one; an empty key is never valid."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""
