"""The ingest endpoint: checks method, path, size and sender, calls the service, and responds to every outcome."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import anyio.to_thread
from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse

from brain.domain.events import is_client_id
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus
from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.errors import InvalidInputError, PayloadTooLargeError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.ports.logger import EventLogger
from brain.services.gateway.api_keys import Authenticator
from brain.services.gateway.ingest import Ingest
from brain.services.gateway.rate_limits import RateLimits

if TYPE_CHECKING:
    from brain.services.gateway.verify_sender import VerifiedSender, VerifySender

CONTRACT_PATH = "/openapi.json"
MAX_BODY_BYTES = 10 * 1024 * 1024
_EVENTS_PATH = re.compile(r"/v1/clients/(?P<client>[^/]+)/events/(?P<source>[^/]+)/?")
_TOO_LARGE = f"at most {MAX_BODY_BYTES} bytes per request, got more; split the request"


class SenderVerifierFactory(Protocol):
    """Returns the service that verifies signed requests, built on first use."""

    def __call__(self) -> "VerifySender":
        """Return the service."""


@dataclass(slots=True)
class IngestHttp:
    """Translates between HTTP and the ingest service."""

    ingest: Ingest
    authenticator: Authenticator
    limits: RateLimits
    clock: Clock
    log: EventLogger
    senders: "SenderVerifierFactory | None" = None  # built by the first request that needs it

    async def __call__(self, request: StarletteRequest) -> StarletteResponse:
        """Respond to one request; no exception escapes."""
        head = Request(request.method, _path(request), request.headers)
        correlation_id = head.correlation_id
        try:
            response = await self._respond(head, request, correlation_id)
        except ClientDisconnect:
            response = Response(499, {})
        except Exception as error:  # noqa: BLE001 - the outermost handler: the error is logged and sent as a problem
            response = http.problem(error, correlation_id)
            self.log("ingest_failed", error=error, status=response.status, correlation_id=correlation_id)
        headers = {**response.headers, http.CORRELATION_HEADER: correlation_id}
        if response.status == 401:  # noqa: PLR2004 - HTTP's own number
            headers["WWW-Authenticate"] = http.KEY_OR_BASIC
        return StarletteResponse(response.encode(), response.status, headers, response.content_type)

    async def _respond(self, head: Request, request: StarletteRequest, correlation_id: str) -> Response:
        if head.path == CONTRACT_PATH:
            return self._serve_contract(head, correlation_id)
        route = _EVENTS_PATH.fullmatch(head.path)
        if route is None:
            return http.not_found(correlation_id)
        if head.method != "POST":
            return await self._answer_challenge(head, request, route) or http.method_not_allowed("POST", correlation_id)
        client_id = route["client"]
        if not is_client_id(client_id):
            raise InvalidInputError(
                f"client id must be 1 to 64 letters, digits, _ or -, got {client_id!r}; correct the URL"
            )
        body, sender = await self._admit(head, request, client_id, route["source"])
        content_type = head.headers.get("content-type", "")
        delivery_id = derive_delivery_id(client_id, route["source"], correlation_id, body)
        ingest_request = IngestRequest(client_id, route["source"], content_type, body, correlation_id, delivery_id)
        context = FeedContext(
            client_id, self.clock.now(), sender.signed_at if sender else None, correlation_id=correlation_id
        )
        ingest_result = await self._ingest(ingest_request, context, sender)
        for reason in {
            item_result.message for item_result in ingest_result.items if item_result.outcome is IngestStatus.IGNORED
        }:
            self.log("item_ignored", client_id=client_id, reason=reason, correlation_id=correlation_id)
        return _response(ingest_result, correlation_id)

    async def _ingest(
        self, request: IngestRequest, context: FeedContext, sender: "VerifiedSender | None"
    ) -> IngestResult:
        """Ingest the request; a signed one that is durable then is not accepted again."""
        durable = False
        try:
            ingest_result = await self.ingest(request, context)
            durable = ingest_result.http_status < 300  # noqa: PLR2004 - HTTP's own number
        finally:
            if self.senders and sender:
                await self.senders().finish(sender, durable=durable)
        return ingest_result

    def _serve_contract(self, head: Request, correlation_id: str) -> Response:
        """Return the OpenAPI document, to anyone."""
        if head.method != "GET":
            return http.method_not_allowed("GET", correlation_id)
        from brain.entrypoints.gateway import openapi_ingest  # noqa: PLC0415 - senders never request it

        return Response(200, openapi_ingest.build_document())

    async def _admit(
        self, head: Request, request: StarletteRequest, client_id: str, source: str
    ) -> "tuple[bytes, VerifiedSender | None]":
        """Return the body of a request with a valid API key, or of a signed one with its sender."""
        address, key = _remote_address(request), _bearer_key(head.headers.get("authorization", ""))
        if self.senders is None or (key and "." not in key):  # keys have no dots, identity tokens do
            await self._authenticate(key, client_id, address)
            return await _read_body(request, MAX_BODY_BYTES), None
        from brain.entrypoints.gateway import signed_senders  # noqa: PLC0415 - API keys need nothing of it

        # Customers of a provider share its address: a valid signature is accepted however many others were refused.
        try:
            return await signed_senders.admit(
                self.senders(), request, client_id, source, lambda: _read_body(request, MAX_BODY_BYTES)
            )
        except UnauthenticatedError:
            await self.limits.take_request(address)
            raise

    async def _answer_challenge(
        self, head: Request, request: StarletteRequest, route: re.Match[str]
    ) -> Response | None:
        """Return the response to a provider that verifies its customer's address, None if this is no challenge."""
        may_be_challenge = head.method == "GET" and request.url.query and is_client_id(route["client"])
        if self.senders is None or not may_be_challenge:
            return None
        from brain.entrypoints.gateway import signed_senders  # noqa: PLC0415 - as above

        try:
            return await signed_senders.answer_challenge(self.senders(), request, route["client"], route["source"])
        except UnauthenticatedError:
            await self.limits.take_request(_remote_address(request))
            raise

    async def _authenticate(self, key: str, client_id: str, address: str) -> None:
        if self.authenticator.is_cached(key, client_id):
            return
        self.limits.check_address(address)
        try:
            await anyio.to_thread.run_sync(self.authenticator.check, key, client_id)
        except UnauthenticatedError:
            await self.limits.take_request(address)
            raise


def _response(ingest_result: IngestResult, correlation_id: str) -> Response:
    item_results = [item_result.to_document(index) for index, item_result in enumerate(ingest_result.items)]
    body = {"correlation_id": correlation_id, "counts": ingest_result.count_outcomes(), "results": item_results}
    headers = {"Retry-After": "1"} if ingest_result.http_status == 503 else {}  # noqa: PLR2004 - HTTP's own number
    return Response(ingest_result.http_status, body, headers)


def _remote_address(request: StarletteRequest) -> str:
    """Return the network address of the caller, as the server reports it."""
    return request.client.host if request.client else ""


def _bearer_key(authorization: str) -> str:
    """Return the bearer key of an ``Authorization`` header, empty without one; an empty key is never valid."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def _read_body(request: StarletteRequest, limit: int) -> bytes:
    """Read the body, and stop as soon as it is known to be too large."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared[:20]) > limit:
        raise PayloadTooLargeError(_TOO_LARGE)
    parts: list[bytes] = []
    size = 0
    async for part in request.stream():
        size += len(part)
        if size > limit:
            raise PayloadTooLargeError(_TOO_LARGE)
        parts.append(part)
    return b"".join(parts)


def _path(request: StarletteRequest) -> str:
    """Return the path below the mount point."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
