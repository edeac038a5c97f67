"""The ingest address: method, path, size and sender come first, then the service; everything ends as an answer."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio.to_thread
from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse

from brain.domain.events import is_client_id
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.normalize import FeedContext
from brain.domain.gateway.results import Ingested, Outcome
from brain.entrypoints import http
from brain.entrypoints.http import Request, Response
from brain.errors import InvalidInputError, PayloadTooLargeError, UnauthenticatedError
from brain.ports.clock import Clock
from brain.services.gateway.api_keys import Authenticator
from brain.services.gateway.ingest import Ingest
from brain.services.gateway.keep_dead_letter import Received
from brain.services.gateway.rate_limits import RateLimits

if TYPE_CHECKING:
    from brain.services.gateway.verify_sender import Sender, VerifySender

CONTRACT = "/openapi.json"
MAX_BODY_BYTES = 10 * 1024 * 1024
_ADDRESS = re.compile(r"/v1/clients/(?P<client>[^/]+)/events/(?P<source>[^/]+)/?")
_TOO_LARGE = f"expected at most {MAX_BODY_BYTES} bytes a request; send fewer events at once"


@dataclass(slots=True)
class IngestHttp:
    """Translates between HTTP and the ingest service."""

    ingest: Ingest
    authenticator: Authenticator
    limits: RateLimits
    clock: Clock
    log: Callable[..., None]
    senders: "Callable[[], VerifySender] | None" = None  # made with the first request that needs it

    async def __call__(self, request: StarletteRequest) -> StarletteResponse:
        """Answer one request; no exception leaves."""
        head = Request(request.method, _path(request), request.headers)
        correlation_id = head.correlation_id
        try:
            response = await self._answer(head, request, correlation_id)
        except ClientDisconnect:
            response = Response(499, {})
        except Exception as error:  # noqa: BLE001 - the last line: told to the log and answered as a problem
            response = http.problem(error, correlation_id)
            self.log("ingest_failed", error=error, status=response.status, correlation_id=correlation_id)
        headers = {**response.headers, http.CORRELATION_HEADER: correlation_id}
        if response.status == 401:  # noqa: PLR2004 - HTTP's own number
            headers["WWW-Authenticate"] = http.KEY_OR_BASIC
        return StarletteResponse(response.encoded(), response.status, headers, response.content_type)

    async def _answer(self, head: Request, request: StarletteRequest, correlation_id: str) -> Response:
        if head.path == CONTRACT:
            return self._contract(head, correlation_id)
        address = _ADDRESS.fullmatch(head.path)
        if address is None:
            return http.not_found(correlation_id)
        if head.method != "POST":
            return await self._challenge(head, request, address) or http.method_not_allowed("POST", correlation_id)
        client_id = address["client"]
        if not is_client_id(client_id):
            raise InvalidInputError(
                f"client id must be 1 to 64 letters, digits, _ or -, got {client_id!r}; correct the URL"
            )
        body, sender = await self._admit(head, request, client_id, address["source"])
        content_type = head.headers.get("content-type", "")
        delivery = derive_delivery_id(client_id, address["source"], correlation_id, body)
        received = Received(client_id, address["source"], content_type, body, correlation_id, delivery)
        context = FeedContext(
            client_id, self.clock.now(), sender.signed_at if sender else None, correlation_id=correlation_id
        )
        done = await self._ingested(received, context, sender)
        for reason in {item.message for item in done.items if item.outcome is Outcome.IGNORED}:
            self.log("item_ignored", client_id=client_id, reason=reason, correlation_id=correlation_id)
        results = [item.public(index) for index, item in enumerate(done.items)]
        retry = {"Retry-After": "1"} if done.status == 503 else {}  # noqa: PLR2004 - HTTP's own number
        return Response(
            done.status, {"correlation_id": correlation_id, "counts": done.counts(), "results": results}, retry
        )

    async def _ingested(self, received: Received, context: FeedContext, sender: "Sender | None") -> Ingested:
        """Take the request in, and let what a provider signed be taken once if it is durable now."""
        durable = False
        try:
            done = await self.ingest(received, context)
            durable = done.status < 300  # noqa: PLR2004 - HTTP's own number
        finally:
            if self.senders and sender:
                await self.senders().end(sender, durable=durable)
        return done

    def _contract(self, head: Request, correlation_id: str) -> Response:
        """Answer what this address takes and answers, to anyone."""
        if head.method != "GET":
            return http.method_not_allowed("GET", correlation_id)
        from brain.entrypoints.gateway import openapi_ingest  # noqa: PLC0415 - senders never ask for it

        return Response(200, openapi_ingest.document())

    async def _admit(
        self, head: Request, request: StarletteRequest, client_id: str, source: str
    ) -> "tuple[bytes, Sender | None]":
        """Return the body of a request with a valid API key, or of one that a provider signed, and who that is."""
        address, key = _address(request), _bearer(head.headers.get("authorization", ""))
        if self.senders is None or (key and "." not in key):  # keys have no dots, identity tokens do
            await self._authenticate(head, client_id, address)
            return await _body_within(request, MAX_BODY_BYTES), None
        from brain.entrypoints.gateway import signed_senders  # noqa: PLC0415 - API keys need nothing of it

        # Customers of a provider share its address: what is signed well is taken however much else was refused.
        try:
            return await signed_senders.admit(
                self.senders(), request, client_id, source, lambda: _body_within(request, MAX_BODY_BYTES)
            )
        except UnauthenticatedError:
            await self.limits.take_request(address)
            raise

    async def _challenge(self, head: Request, request: StarletteRequest, address: re.Match[str]) -> Response | None:
        """Return the answer to a provider that asks whether the address is its customer's, None when none asks."""
        asks = head.method == "GET" and request.url.query and is_client_id(address["client"])
        if self.senders is None or not asks:
            return None
        from brain.entrypoints.gateway import signed_senders  # noqa: PLC0415 - as above

        try:
            return await signed_senders.answer_challenge(self.senders(), request, address["client"], address["source"])
        except UnauthenticatedError:
            await self.limits.take_request(_address(request))
            raise

    async def _authenticate(self, head: Request, client_id: str, address: str) -> None:
        key = _bearer(head.headers.get("authorization", ""))
        if self.authenticator.remembered(key, client_id):
            return
        self.limits.check_address(address)
        try:
            await anyio.to_thread.run_sync(self.authenticator.check, key, client_id)
        except UnauthenticatedError:
            await self.limits.take_request(address)
            raise


def _address(request: StarletteRequest) -> str:
    """Return the address that called, as the server knows it."""
    return request.client.host if request.client else ""


def _bearer(authorization: str) -> str:
    """Return the bearer key of a header, empty when it holds none; an empty key is nobody's."""
    scheme, _, key = authorization.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


async def _body_within(request: StarletteRequest, limit: int) -> bytes:
    """Read the body, giving up as soon as it is known to be too large."""
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
    """Return the path below where the address is mounted."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
