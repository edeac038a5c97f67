"""The ingest endpoint: checks method, path, size and sender, calls the service, and responds to every outcome."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import uuid4

from starlette.requests import ClientDisconnect
from starlette.requests import Request as StarletteRequest
from starlette.responses import Response as StarletteResponse

from brain.domain.events import is_client_id
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.gateway.delivery import derive_delivery_id
from brain.domain.gateway.requests import IngestRequest
from brain.domain.gateway.results import IngestResult, IngestStatus
from brain.domain.privacy.personal_text import quote_unless_personal
from brain.entrypoints import http
from brain.entrypoints.gateway.admission import Admission, SenderVerifierFactory
from brain.entrypoints.gateway.reading import Reading, read_reading
from brain.entrypoints.gateway.request_bodies import UnreadBodies, check_encoding, make_readable
from brain.entrypoints.http import Request, Response
from brain.errors import InvalidInputError
from brain.ports.clock import Clock
from brain.ports.logger import EventLogger
from brain.services.gateway.api_keys import Authenticator
from brain.services.gateway.body_budget import BodyBudget
from brain.services.gateway.field_map_source import FieldMapSource
from brain.services.gateway.ga4_properties import GA4_SOURCES, Ga4Properties, Ga4Property
from brain.services.gateway.ingest import Ingest
from brain.services.gateway.rate_limits import RateLimits

if TYPE_CHECKING:
    from brain.services.gateway.verify_sender import VerifiedSender

CONTRACT_PATH = "/openapi.json"
ALLOWED_METHODS = "GET, HEAD, OPTIONS, POST"
IDEMPOTENCY_KEY = "idempotency-key"
_EVENTS_PATH = re.compile(r"/v1/clients/(?P<client>[^/]+)/events/(?P<source>[^/]+)/?")


@dataclass(slots=True)
class IngestHttp:
    """Translates between HTTP and the ingest service."""

    ingest: Ingest
    authenticator: Authenticator
    limits: RateLimits
    clock: Clock
    log: EventLogger
    senders: SenderVerifierFactory | None = None
    field_maps: FieldMapSource | None = None
    ga4_properties: Ga4Properties | None = None
    bodies: BodyBudget = field(default_factory=BodyBudget)
    unproven_bodies: BodyBudget = field(default_factory=BodyBudget.of_unproven_senders)
    unread: UnreadBodies = field(default_factory=UnreadBodies)
    admission: Admission = field(init=False)

    def __post_init__(self) -> None:
        """Decide by the same keys, limits and senders who may send."""
        self.admission = Admission(self.authenticator, self.limits, self.unproven_bodies, self.senders)

    async def __call__(self, request: StarletteRequest) -> StarletteResponse:
        """Respond to one request; no exception escapes."""
        head = Request(request.method, _path(request), request.headers)
        correlation_id = head.correlation_id
        try:
            with self.bodies.lease() as request.state.body_lease:
                response = await self._respond(head, request, correlation_id)
        except ClientDisconnect:
            response = Response(499, {})
        except Exception as error:  # noqa: BLE001 - the outermost handler: the error is logged and sent as a problem
            response = http.problem(error, correlation_id)
            self.log("ingest_failed", error=error, status=response.status, correlation_id=correlation_id)
        headers = {**response.headers, http.CORRELATION_HEADER: correlation_id}
        if response.status >= 400 and not await self.unread.discard(request):  # noqa: PLR2004 - HTTP's own number
            headers["Connection"] = "close"
        if response.status == 401:  # noqa: PLR2004 - HTTP's own number
            headers["WWW-Authenticate"] = http.KEY_OR_BASIC
        return StarletteResponse(response.encode(), response.status, headers, response.content_type)

    async def _respond(self, head: Request, request: StarletteRequest, correlation_id: str) -> Response:
        if head.path == CONTRACT_PATH:
            return self._serve_contract(head.method, correlation_id)
        route = _EVENTS_PATH.fullmatch(head.path)
        if route is None:
            return http.not_found(correlation_id)
        client_id, source = route["client"], route["source"]
        if not is_client_id(client_id):
            raise InvalidInputError(
                "client id must be 1 to 64 letters, digits, _ or -, "
                f"got {quote_unless_personal(client_id)}; correct the URL"
            )
        if head.method not in ALLOWED_METHODS.split(", "):
            return http.method_not_allowed(head.method, ALLOWED_METHODS, correlation_id)
        if head.method != "POST":
            return await self._answer_probe(head, request, client_id, source)
        return await self._accept(request, client_id, source, correlation_id)

    async def _answer_probe(self, head: Request, request: StarletteRequest, client_id: str, source: str) -> Response:
        """Answer a provider that asks whether the URL exists before it saves it; its challenges need a secret."""
        if head.method == "GET":
            response = await self.admission.answer_challenge(request, client_id, source)
            if response is not None:
                return response
        if head.method != "OPTIONS":
            return http.empty()
        # CloudEvents, "Web hook delivery", 4.2: the sender may deliver if the response names its origin.
        is_asked = "webhook-request-origin" in head.headers
        return http.empty({"Allow": ALLOWED_METHODS} | ({"WebHook-Allowed-Origin": "*"} if is_asked else {}))

    async def _accept(self, request: StarletteRequest, client_id: str, source: str, correlation_id: str) -> Response:
        check_encoding(request)
        received, sender = await self.admission.admit(request, client_id, source)
        body, content_type = make_readable(request, received)
        reading = read_reading(request)
        delivery_id = _identify_delivery(request, sender, client_id, reading.describe(source), body)
        ingest_request = IngestRequest(client_id, source, content_type, body, correlation_id, delivery_id)
        field_map = await self._find_field_map(client_id, reading.map_name)
        ga4_property = await self._find_property(client_id, source, reading, field_map)
        context = FeedContext(
            client_id,
            self.clock.now(),
            sender.signed_at if sender else None,
            correlation_id=correlation_id,
            field_map=field_map,
            property_id=ga4_property.property_id,
            is_single_property=ga4_property.is_single,
        )
        ingest_result = await self._ingest(ingest_request, context, sender)
        for reason in {
            item_result.message for item_result in ingest_result.items if item_result.outcome is IngestStatus.IGNORED
        }:
            self.log("item_ignored", client_id=client_id, reason=reason, correlation_id=correlation_id)
        return _response(ingest_result, correlation_id)

    async def _find_property(
        self, client_id: str, source: str, reading: Reading, field_map: FieldMap | None
    ) -> Ga4Property:
        """Return the GA4 property of a request; only a read of the store needs a thread."""
        named = Ga4Property(reading.property_id)
        if self.ga4_properties is None or source not in GA4_SOURCES or named.property_id:
            return named
        if field_map and field_map.property_id:
            return named
        cached = self.ga4_properties.find_cached(client_id)
        if cached is not None:
            return cached
        return await asyncio.to_thread(self.ga4_properties.find, client_id)

    async def _find_field_map(self, client_id: str, name: str | None) -> FieldMap | None:
        """Return the field map that the request names, None if it names none."""
        if not name or self.field_maps is None:
            return None
        return await asyncio.to_thread(self.field_maps.find, client_id, name)

    async def _ingest(
        self, request: IngestRequest, context: FeedContext, sender: "VerifiedSender | None"
    ) -> IngestResult:
        """Ingest the request; a signed one that is durable then is not accepted again."""
        if sender and sender.is_resend:
            return await self.ingest.answer_resend(request, context)
        durable = False
        try:
            ingest_result = await self.ingest(request, context)
            durable = ingest_result.http_status < 300  # noqa: PLR2004 - HTTP's own number
        finally:
            await self.admission.finish(sender, durable=durable)
        return ingest_result

    def _serve_contract(self, method: str, correlation_id: str) -> Response:
        """Return the OpenAPI document, to anyone."""
        if method != "GET":
            return http.method_not_allowed(method, "GET", correlation_id)
        from brain.entrypoints.gateway import openapi_ingest  # noqa: PLC0415 - senders never request it

        return Response(200, openapi_ingest.build_document())


def _response(ingest_result: IngestResult, correlation_id: str) -> Response:
    item_results = [item_result.to_document(index) for index, item_result in enumerate(ingest_result.items)]
    body = {"correlation_id": correlation_id, "counts": ingest_result.count_outcomes(), "results": item_results}
    headers = {"Retry-After": "1"} if ingest_result.http_status == 503 else {}  # noqa: PLR2004 - HTTP's own number
    return Response(ingest_result.http_status, body, headers)


def _identify_delivery(
    request: StarletteRequest, sender: "VerifiedSender | None", client_id: str, source: str, body: bytes
) -> str:
    """Return the id of a delivery: by the body and the sender's own id, or a new one where there is none."""
    sender_id = request.headers.get(IDEMPOTENCY_KEY, "").strip()
    if not sender_id and sender and sender.delivery:
        sender_id = sender.delivery.delivery_id
    if not sender_id:
        return f"snd_{uuid4().hex[:24]}"
    return derive_delivery_id(client_id, source, sender_id, body)


def _path(request: StarletteRequest) -> str:
    """Return the path below the mount point."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
