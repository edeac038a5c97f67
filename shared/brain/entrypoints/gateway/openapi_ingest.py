"""The OpenAPI 3.1 document of the ingest endpoint, generated from the types, limits and codes that the service uses."""

import json
import sys
from functools import cache
from typing import Any, Final

from brain.domain.events import SOURCES
from brain.domain.gateway.bodies import MAX_LINES
from brain.domain.gateway.requests import MAX_EVENTS
from brain.domain.json_bounds import MAX_VALUES
from brain.domain.rates.config import LimitsConfig
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.entrypoints.gateway.openapi_schemas import build_schemas, ref
from brain.entrypoints.gateway.openapi_security import build_security_schemes
from brain.entrypoints.http import CORRELATION_HEADER, JSON, KEY_OR_BASIC, PROBLEM
from brain.settings.files import load_config

VERSION: Final = "1.0.0"
TEXT: Final = "text/plain"
ADDRESS: Final = "/v1/clients/{client_id}/events/{source}"
DESCRIPTION: Final = """\
Accepts events from integrations. A 2xx response means that the events it names are durable. Each item of a request is
stored (201), a duplicate, revised or ignored (200), dead-lettered (422: the message says why, and the operator can
replay it; 409 when its id is stored with other content), rejected (422: fix it; too large for a dead letter), or
unavailable (503: send the request again; items stored already are duplicates then). Items with different statuses make
207. The body may be compressed (Content-Encoding: gzip). After 429 and 503 send again once Retry-After has passed; any
other 4xx needs a change of the request."""
_TOO_LARGE: Final = (
    f"More than 10 MiB, {MAX_EVENTS:,} events, {MAX_VALUES:,} JSON names and values or {MAX_LINES:,} lines in one "
    "request, or more than a dead letter can hold: split the request."
)
# status -> (its meaning, the possible media types of the body)
_RESPONSES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "200": ("Every item is a duplicate, a revision, or makes no event (a ping).", (JSON,)),
    "201": ("Every item is stored.", (JSON,)),
    "207": ("The items have different statuses; each has its own.", (JSON,)),
    "401": ("No valid key or signature of this client.", (PROBLEM,)),
    "404": (
        "No such path; text/plain is the web server's own response to a path with a line break.",
        (PROBLEM, TEXT),
    ),
    "405": ("The path has no such method.", (PROBLEM,)),
    "409": (
        "Every item's id is stored with other content, or a signed request with this id had another body.",
        (JSON, PROBLEM),
    ),
    "413": (_TOO_LARGE, (PROBLEM,)),
    "415": ("The content encoding is not gzip.", (PROBLEM,)),
    "422": ("No item could be stored, or the path has no valid client id.", (JSON, PROBLEM)),
    "429": ("A rate limit is exceeded; nothing was stored.", (PROBLEM,)),
    "500": ("An internal error, logged under the correlation id.", (PROBLEM,)),
    "503": ("The request must be sent again.", (JSON, PROBLEM)),
}
_HEADER_NAMES: Final = {
    "401": ("WWW-Authenticate",),
    "405": ("Allow",),
    "415": ("Accept-Encoding",),
    "429": ("Retry-After",),
    "503": ("Retry-After",),
}


def build_document() -> dict[str, Any]:
    """Return the OpenAPI document; the same configuration gives the same document."""
    senders = load_config("brain_senders", SendersConfig)
    schemes = tuple(provider.scheme for provider in senders.providers.values())
    return _build_document(load_config("brain_limits", LimitsConfig), schemes)


@cache
def _build_document(limits: LimitsConfig, schemes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Brain ingest",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ".", "description": "the URL of this document"}],
        "paths": {
            ADDRESS: {
                "parameters": _parameters(),
                "post": _events_operation(schemes),
                "get": _challenge_operation(),
                "head": _probe_operation("probeUrl", "Whether the URL exists, for a provider that saves it"),
                "options": _probe_operation("listMethods", "The methods of the URL, and permission for CloudEvents"),
            },
            "/openapi.json": {"get": _contract_operation()},
        },
        "components": {
            "schemas": build_schemas(),
            "headers": _headers(),
            "securitySchemes": build_security_schemes(schemes),
        },
        "x-limits": limits.model_dump(exclude={"trusted_hops"}),
    }


def _parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "client_id",
            "in": "path",
            "required": True,
            "description": "The client that the events belong to.",
            "schema": ref("ClientId"),
        },
        {
            "name": "source",
            "in": "path",
            "required": True,
            "description": (
                "The feed of the events; a payload whose shape belongs to another feed is rejected. With auto or "
                "custom the payload's own shape decides which feed reads it."
            ),
            "schema": {"type": "string", "enum": [str(source) for source in SOURCES]},
        },
        {
            "name": "map",
            "in": "query",
            "description": "The field map by which rows are read; `brain maps list` lists those of the client.",
            "schema": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,63}$"},
        },
        {
            "name": "property",
            "in": "query",
            "description": "The GA4 property of the reports, which do not name it; the header X-GA4-Property too.",
            "schema": {"type": "string", "pattern": "^(properties/)?[0-9]{1,20}$"},
        },
        *_request_headers(),
    ]


def _request_headers() -> list[dict[str, Any]]:
    return [
        {
            "name": "X-GA4-Property",
            "in": "header",
            "description": "The GA4 property of the reports, where the URL names none.",
            "schema": {"type": "string", "pattern": "^(properties/)?[0-9]{1,20}$"},
        },
        {
            "name": "X-Correlation-Id",
            "in": "header",
            "description": "Identifies the request in both sides' logs; one that is missing, invalid or looks like a "
            "person is replaced.",
            "schema": {"type": "string"},
        },
        {
            "name": "Idempotency-Key",
            "in": "header",
            "description": "The sender's own id of the delivery: the same body under the same key is answered like the "
            "first attempt.",
            "schema": {"type": "string"},
        },
    ]


def _events_operation(schemes: tuple[str, ...]) -> dict[str, Any]:
    batch = {"type": "array", "items": ref("Payload"), "maxItems": MAX_EVENTS}
    return {
        "operationId": "sendEvents",
        "summary": "Send one event or many",
        "security": [{name: []} for name in build_security_schemes(schemes)],
        "requestBody": {
            "required": True,
            "description": "One payload as the provider sends it, an array of payloads, NDJSON, or a form.",
            "content": {
                JSON: {"schema": {"anyOf": [ref("Payload"), batch]}},
                "application/x-ndjson": {"schema": {"type": "string", "description": "One payload per line."}},
                "application/x-www-form-urlencoded": {"schema": ref("Form")},
            },
        },
        "responses": {status: _response(status, *response) for status, response in _RESPONSES.items()},
    }


def _response(status: str, meaning: str, media_types: tuple[str, ...]) -> dict[str, Any]:
    bodies = {JSON: ref("Results"), PROBLEM: ref("Problem"), TEXT: {"type": "string"}}
    correlation = () if TEXT in media_types else (CORRELATION_HEADER.title(),)
    names = (*correlation, *_HEADER_NAMES.get(status, ()))
    return {
        "description": meaning,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {media_type: {"schema": bodies[media_type]} for media_type in media_types},
    }


def _challenge_operation() -> dict[str, Any]:
    """Return the operation by which Meta, X and LinkedIn verify that an address is their customer's.

    Others (Mailchimp) only verify that the URL exists: the response has no body then.
    """
    names = ("hub.mode", "hub.verify_token", "hub.challenge", "crc_token", "challengeCode")
    response = {"description": "The response that the provider expects, or none.", "content": {TEXT: {}, JSON: {}}}
    errors = ("401", "404", "405", "422", "429", "500", "503")
    return {
        "operationId": "answerProvider",
        "summary": "Respond to a provider that verifies the address of its customer",
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names],
        "responses": {"200": response} | {status: _response(status, *_RESPONSES[status]) for status in errors},
    }


def _probe_operation(operation_id: str, summary: str) -> dict[str, Any]:
    """Return an operation that answers without a body, whether the client exists or not."""
    return {
        "operationId": operation_id,
        "summary": summary,
        "responses": {"200": {"description": "Nothing."}, "422": _response("422", *_RESPONSES["422"])},
    }


def _contract_operation() -> dict[str, Any]:
    response = {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": {"type": "object"}}}}
    return {
        "operationId": "readContract",
        "summary": "This document",
        "responses": {"200": response, "405": _response("405", *_RESPONSES["405"])},
    }


def _headers() -> dict[str, Any]:
    return {
        "X-Correlation-Id": {
            "description": "Identifies the request in the service's log.",
            "required": True,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        },
        "Retry-After": {
            "description": "Whole seconds to wait before sending again.",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        },
        "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": KEY_OR_BASIC}},
        "Accept-Encoding": {"required": True, "schema": {"type": "string", "const": "gzip"}},
        "Allow": {"description": "The methods of the path.", "required": True, "schema": {"type": "string"}},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build_document(), indent=2, ensure_ascii=False) + "\n")
