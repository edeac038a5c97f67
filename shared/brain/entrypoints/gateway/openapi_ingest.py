"""The published contract of ingest (OpenAPI 3.1), made from the types, limits and codes that the service uses."""

import json
import sys
from functools import cache
from typing import Any, Final

from brain.domain.events import FeedType
from brain.domain.rates.config import LimitsConfig
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.entrypoints.gateway.openapi_schemas import ref, schemas
from brain.entrypoints.gateway.openapi_security import security_schemes
from brain.entrypoints.http import CORRELATION_HEADER, JSON, KEY_OR_BASIC, PROBLEM
from brain.services.gateway.ingest import MAX_EVENTS
from brain.settings.files import load_config

VERSION: Final = "1.0.0"
TEXT: Final = "text/plain"
ADDRESS: Final = "/v1/clients/{client_id}/events/{source}"
DESCRIPTION: Final = """\
Takes events from integrations. A 2xx answer means that what it names is durable. Each item of a request ends as
stored (201), duplicate or revised or ignored (200), rejected (422: mend it), dead-lettered (422, or 409 for other
content under a known id: kept for the operator), or unavailable (503: send the request again; what was stored already
is a duplicate then). Items that end differently make 207. Send again after 429 and 503, when Retry-After says; any
other 4xx will not change by itself."""
_LIMIT: Final = (
    "More than 10 MiB in one request, more than 500 events, or more than can be kept aside: send it in parts."
)
# status -> (what it means, whether the body may be the items' ends, a problem, or either)
_ANSWERS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "200": ("Everything was there already (duplicates, revisions) or makes no event (pings).", (JSON,)),
    "201": ("Every item is stored.", (JSON,)),
    "207": ("The items ended differently; each says how.", (JSON,)),
    "401": ("No valid key or signature of this client.", (PROBLEM,)),
    "404": (
        "There is nothing here; text is the web server's own answer, to an address with a line break.",
        (PROBLEM, TEXT),
    ),
    "405": ("Another method is expected here.", (PROBLEM,)),
    "409": ("Every item's id is known with other content, or a signed request was taken before.", (JSON, PROBLEM)),
    "413": (_LIMIT, (PROBLEM,)),
    "422": ("No item could be taken, or the address names no client.", (JSON, PROBLEM)),
    "429": ("A budget is used up; nothing was taken.", (PROBLEM,)),
    "500": ("A fault on our side; the log has it under the correlation id.", (PROBLEM,)),
    "503": ("Something must be sent again.", (JSON, PROBLEM)),
}
_HEADERS: Final = {"401": ("WWW-Authenticate",), "405": ("Allow",), "429": ("Retry-After",), "503": ("Retry-After",)}


def document() -> dict[str, Any]:
    """Return the document; the same configuration gives the same document."""
    senders = load_config("brain_senders", SendersConfig)
    return _document(load_config("brain_limits", LimitsConfig), tuple(p.scheme for p in senders.providers.values()))


@cache
def _document(limits: LimitsConfig, schemes: tuple[str, ...]) -> dict[str, Any]:
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Brain ingest",
            "version": VERSION,
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": ".", "description": "where this document was found"}],
        "paths": {
            ADDRESS: {"parameters": _parameters(), "post": _post(schemes), "get": _question()},
            "/openapi.json": {"get": _contract()},
        },
        "components": {"schemas": schemas(), "headers": _headers(), "securitySchemes": security_schemes(schemes)},
        "x-limits": limits.model_dump(),
    }


def _parameters() -> list[dict[str, Any]]:
    return [
        {
            "name": "client_id",
            "in": "path",
            "required": True,
            "description": "Whose events these are.",
            "schema": ref("ClientId"),
        },
        {
            "name": "source",
            "in": "path",
            "required": True,
            "description": "The feed they come from; the payload's own shape decides, and a contradiction is refused.",
            "schema": {"type": "string", "enum": [str(feed) for feed in FeedType]},
        },
        {
            "name": "X-Correlation-Id",
            "in": "header",
            "description": "A name of this request in both sides' logs; another one is given when this is none.",
            "schema": {"type": "string"},
        },
    ]


def _post(schemes: tuple[str, ...]) -> dict[str, Any]:
    many = {"type": "array", "items": ref("Payload"), "maxItems": MAX_EVENTS}
    return {
        "operationId": "sendEvents",
        "summary": "Send one event or many",
        "security": [{name: []} for name in security_schemes(schemes)],
        "requestBody": {
            "required": True,
            "description": "One payload as the provider made it or an array of them, the same as lines, or a form.",
            "content": {
                JSON: {"schema": {"anyOf": [ref("Payload"), many]}},
                "application/x-ndjson": {"schema": {"type": "string", "description": "One payload a line."}},
                "application/x-www-form-urlencoded": {"schema": ref("Form")},
            },
        },
        "responses": {status: _answer(status, *given) for status, given in _ANSWERS.items()},
    }


def _answer(status: str, meaning: str, kinds: tuple[str, ...]) -> dict[str, Any]:
    bodies = {JSON: ref("Results"), PROBLEM: ref("Problem"), TEXT: {"type": "string"}}
    named = () if TEXT in kinds else (CORRELATION_HEADER.title(),)
    names = (*named, *_HEADERS.get(status, ()))
    return {
        "description": meaning,
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in names},
        "content": {kind: {"schema": bodies[kind]} for kind in kinds},
    }


def _question() -> dict[str, Any]:
    """Return how Meta, X and LinkedIn make sure that an address is their customer's."""
    names = ("hub.mode", "hub.verify_token", "hub.challenge", "crc_token", "challengeCode")
    answered = {"description": "The answer the provider expects.", "content": {TEXT: {}, JSON: {}}}
    told = ("401", "404", "405", "422", "429", "500", "503")
    return {
        "operationId": "answerProvider",
        "summary": "Answer a provider that asks whose address this is",
        "parameters": [{"name": name, "in": "query", "schema": {"type": "string"}} for name in names],
        "responses": {"200": answered} | {status: _answer(status, *_ANSWERS[status]) for status in told},
    }


def _contract() -> dict[str, Any]:
    found = {"description": "OpenAPI 3.1.", "content": {JSON: {"schema": {"type": "object"}}}}
    return {
        "operationId": "readContract",
        "summary": "This document",
        "responses": {"200": found, "405": _answer("405", *_ANSWERS["405"])},
    }


def _headers() -> dict[str, Any]:
    return {
        "X-Correlation-Id": {
            "description": "The request's name in our log.",
            "required": True,
            "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,64}$"},
        },
        "Retry-After": {
            "description": "Whole seconds to wait before sending again.",
            "required": True,
            "schema": {"type": "integer", "minimum": 0},
        },
        "WWW-Authenticate": {"required": True, "schema": {"type": "string", "const": KEY_OR_BASIC}},
        "Allow": {"description": "The methods there are.", "required": True, "schema": {"type": "string"}},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(document(), indent=2, ensure_ascii=False) + "\n")
