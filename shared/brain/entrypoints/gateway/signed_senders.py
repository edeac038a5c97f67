"""Requests and questions of providers that sign for themselves, from HTTP into the service and back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from urllib.parse import quote

import anyio.to_thread
from starlette.requests import Request as StarletteRequest

from brain.domain.senders.api_keys import NOT_AUTHENTICATED
from brain.domain.senders.signatures.challenges import find_challenge
from brain.domain.senders.signatures.signed_request import SignedRequest
from brain.entrypoints.http import Response
from brain.errors import UnauthenticatedError
from brain.services.gateway.verify_sender import Sender, VerifySender

# What is answered is no page, whatever a question asked for.
_PLAIN = {"X-Content-Type-Options": "nosniff"}


async def admit(
    verify: VerifySender,
    request: StarletteRequest,
    client_id: str,
    source: str,
    read_body: Callable[[], Awaitable[bytes]],
) -> tuple[bytes, Sender]:
    """Return the body and who signed it; it is read only when a provider of this source may have signed.

    Raises:
        UnauthenticatedError, ReplayedError, SenderCheckUnavailableError, StoreUnavailableError: as the service does.
        PayloadTooLargeError: the body is too large, which is found before anything is checked.
    """
    signed = SignedRequest(request.method, urls(request, verify.config.path_prefixes), request.headers, b"")
    if not verify.claims(source, signed):
        raise UnauthenticatedError(NOT_AUTHENTICATED, reason="neither an API key nor a signature")
    signed = replace(signed, body=await read_body())
    return signed.body, await anyio.to_thread.run_sync(verify.check, client_id, source, signed)


async def answer_challenge(
    verify: VerifySender, request: StarletteRequest, client_id: str, source: str
) -> Response | None:
    """Return the answer to a provider's question, None when the request asks none.

    Raises:
        UnauthenticatedError, SenderCheckUnavailableError: as the service does.
    """
    query = dict(request.query_params)
    challenge = find_challenge(query)
    if challenge is None:
        return None
    answer = await anyio.to_thread.run_sync(verify.answer, client_id, source, challenge, query)
    return Response(200, {}, _PLAIN, answer.content_type, answer.text)


def urls(request: StarletteRequest, prefixes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the addresses by which the sender may have called, as it wrote them, undecoded."""
    forwarded = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    scheme = forwarded if forwarded in ("http", "https") else request.url.scheme
    hosts = (request.headers.get("x-forwarded-host", ""), request.headers.get("host", ""))
    raw = request.scope.get("raw_path")
    path = raw.decode("latin-1") if raw else quote(request.scope["path"])
    query = request.scope.get("query_string", b"").decode("latin-1")
    tail = f"{path}?{query}" if query else path
    return tuple(f"{scheme}://{host}{prefix}{tail}" for host in dict.fromkeys(hosts) if host for prefix in prefixes)
