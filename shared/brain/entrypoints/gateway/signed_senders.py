"""Signed requests and challenges of providers, from HTTP into the service and back."""

from dataclasses import replace
from typing import Protocol
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request as StarletteRequest

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures.challenges import find_challenge
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.http import Response
from brain.errors import UnauthenticatedError
from brain.services.gateway.verify_sender import VerifiedSender, VerifySender

# A response to a challenge is never a page, whatever the challenge contains.
_NO_SNIFF = {"X-Content-Type-Options": "nosniff"}


class BodyReader(Protocol):
    """Reads the body of the request."""

    async def __call__(self) -> bytes:
        """Return the body; raises ``PayloadTooLargeError``."""


async def admit(
    verify: VerifySender,
    request: StarletteRequest,
    client_id: str,
    source: str,
    read_body: BodyReader,
) -> tuple[bytes, VerifiedSender]:
    """Return the body and its sender; the body is read only when a provider of this source may have signed it.

    Raises:
        UnauthenticatedError, ReplayedRequestError, SenderCheckUnavailableError, StoreUnavailableError: see
            ``VerifySender.check``.
        PayloadTooLargeError: the body is too large, which is noticed before anything is verified.
    """
    signed = SignedRequest(request.method, candidate_urls(request, verify.config.path_prefixes), request.headers, b"")
    if not verify.may_be_signed(source, signed):
        raise UnauthenticatedError(NOT_AUTHENTICATED, reason="neither an API key nor a signature")
    signed = replace(signed, body=await read_body())
    return signed.body, await anyio.to_thread.run_sync(verify.check, client_id, source, signed)


async def answer_challenge(
    verify: VerifySender, request: StarletteRequest, client_id: str, source: str
) -> Response | None:
    """Return the response to a provider's challenge, None when the request is no challenge.

    Raises:
        UnauthenticatedError, SenderCheckUnavailableError: see ``VerifySender.respond``.
    """
    query = dict(request.query_params)
    challenge = find_challenge(query)
    if challenge is None:
        return None
    response = await anyio.to_thread.run_sync(verify.respond, client_id, source, challenge, query)
    return Response(200, {}, _NO_SNIFF, response.content_type, response.text)


def candidate_urls(request: StarletteRequest, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the URLs that the sender may have called and signed, undecoded."""
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    scheme = forwarded if forwarded in ("http", "https") else request.url.scheme
    hosts = (request.headers.get("x-forwarded-host", ""), request.headers.get("host", ""))
    raw = request.scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(request.scope["path"])
    query = request.scope.get("query_string", b"").decode("latin-1")
    target = f"{path}?{query}" if query else path
    return tuple(f"{scheme}://{host}{prefix}{target}" for host in dict.fromkeys(hosts) if host for prefix in prefixes)
