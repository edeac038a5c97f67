"""Signed requests and challenges of providers, from HTTP into the service and back.

What a stranger asks for is counted against the address before any secret is read for it. What needs a secret or an
issuer's key that is not cached waits in threads of its own, so that a slow issuer delays nobody else.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import anyio
import anyio.to_thread
from starlette.requests import Request as StarletteRequest

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures.challenges import find_challenge
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.gateway.addresses import list_candidate_urls
from brain.entrypoints.gateway.request_bodies import RequestBody
from brain.entrypoints.http import Response
from brain.errors import UnauthenticatedError
from brain.services.gateway.rate_limits import RateLimits
from brain.services.gateway.verify_sender import VerifiedSender, VerifySender

_Checked = TypeVar("_Checked")
# A response to a challenge is never a page, whatever the challenge contains.
_NO_SNIFF = {"X-Content-Type-Options": "nosniff"}


class BodyReader(Protocol):
    """Reads the body of the request."""

    async def __call__(self, limit: int | None, /) -> RequestBody:
        """Return the body, of a sender who is not proven at most ``limit`` bytes; raises ``PayloadTooLargeError``."""


@dataclass(slots=True)
class SignedSenders:
    """Admits signed requests and answers challenges, within the budget of the caller's address.

    ``waiting`` limits the threads of those who wait for a secret or an issuer's key.
    """

    verify: VerifySender
    limits: RateLimits
    waiting: anyio.CapacityLimiter

    async def admit(
        self, request: StarletteRequest, client_id: str, source: str, address: str, read_body: BodyReader
    ) -> tuple[RequestBody, VerifiedSender]:
        """Return the body and its sender; the body is read only when a provider of this source may have signed it.

        A sender who proves nothing by the body, but by a header, is verified before any of it is read; of any other
        body only as much is read as the provider sends.

        Customers of a provider share its address: a signature whose secret is known is verified however many others
        were refused.

        Raises:
            UnauthenticatedError, ReplayedRequestError, SenderCheckUnavailableError, StoreUnavailableError: see
                ``VerifySender.check``.
            RateLimitedError: too many requests of this address were refused.
            PayloadTooLargeError: the body is too large, which is noticed before anything is verified.
        """
        urls = list_candidate_urls(request, self.verify.config.path_prefixes)
        signed = SignedRequest(request.method, urls, request.headers, b"")
        if not self.verify.may_be_signed(source, signed):
            await self.limits.take_request(address)
            raise UnauthenticatedError(NOT_AUTHENTICATED, reason="neither an API key nor a signature")
        charge = self.verify.count_unknown_secrets(client_id, source, signed)
        if charge:
            await self.limits.take_request(address, charge)
        try:
            body, sender = await self._read(client_id, source, signed, read_body)
        except UnauthenticatedError:
            if not charge:
                await self.limits.take_request(address)
            raise
        if charge:
            self.limits.give_back_request(address, charge)
        return body, sender

    async def answer_challenge(
        self, request: StarletteRequest, client_id: str, source: str, address: str
    ) -> Response | None:
        """Return the response to a provider's challenge, None when the request is no challenge.

        Raises:
            UnauthenticatedError, SenderCheckUnavailableError: see ``VerifySender.respond``.
            RateLimitedError: too many requests of this address were refused.
        """
        query = dict(request.query_params)
        challenge = find_challenge(query)
        if challenge is None:
            return None
        await self.limits.take_request(address)
        response = await anyio.to_thread.run_sync(
            self.verify.respond, client_id, source, challenge, query, limiter=self.waiting
        )
        self.limits.give_back_request(address)
        return Response(200, {}, _NO_SNIFF, response.content_type, response.text)

    async def _read(
        self, client_id: str, source: str, signed: SignedRequest, read_body: BodyReader
    ) -> tuple[RequestBody, VerifiedSender]:
        limit = self.verify.find_body_limit(source, signed)
        if limit is None:
            await self._run(self.verify.check_headers, client_id, source, signed)
        body = await read_body(limit)
        return body, await self._run(self.verify.check, client_id, source, replace(signed, body=body.content))

    async def _run(
        self, check: Callable[[str, str, SignedRequest], _Checked], client_id: str, source: str, signed: SignedRequest
    ) -> _Checked:
        """Run a check in a thread; one that needs to load something waits with the others that do."""
        limiter = None if self.verify.is_prepared(client_id, source, signed) else self.waiting
        return await anyio.to_thread.run_sync(check, client_id, source, signed, limiter=limiter)
