"""Requests made by schemathesis from the published contract, and what each answer is held to."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema

from brain.entrypoints.gateway.openapi_ingest import ADDRESS
from brain.testing.simulations.senders import CLIENT

load_all_checks()
HELD_TO = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]


@schemathesis.serializer("application/x-ndjson")
def _lines(_ctx: Any, value: Any) -> bytes:
    """Send lines as they were made."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def conform(schema: BaseSchema, key: str, *, cases: int, at: datetime, **transport: Any) -> Counter[int]:
    """Send ``cases`` requests, half of them lawful and half broken on purpose; return how many got each status.

    Raises schemathesis's failure with the request that shows it, when an answer is a 5xx or none of the contract's.
    """
    told: Counter[int] = Counter()
    for mode in GenerationMode:
        _send_all(schema[ADDRESS]["POST"], mode, cases // 2, _sender(told, key, at, transport))
    return told


def _send_all(operation: APIOperation, mode: GenerationMode, cases: int, send: Callable[[Any], None]) -> None:
    calm = list(HealthCheck)
    run = settings(
        max_examples=cases, phases=[Phase.generate], deadline=None, database=None, suppress_health_check=calm
    )
    seed(20261122)(run(given(operation.as_strategy(generation_mode=mode))(send)))()


def _sender(told: Counter[int], key: str, at: datetime, transport: dict[str, Any]) -> Callable[[Any], None]:
    def send(case: Any) -> None:
        turn = told.total() % 20
        headers = {"Authorization": f"Bearer {key if turn else 'a stranger'}"}
        if turn > 1:
            case.path_parameters["client_id"] = CLIENT
            case.query.pop("map", None)  # no map has the name that a schema invents
        if turn > 3:
            _make_fresh(case.body, at - timedelta(minutes=told.total()))
        answer = case.call_and_validate(headers=headers, checks=HELD_TO, **transport)
        told[answer.status_code] += 1

    return send


def _make_fresh(body: Any, at: datetime) -> None:
    """Give events a time within the window, which no schema can say."""
    for item in body if isinstance(body, list) else [body]:
        if isinstance(item, dict) and isinstance(item.get("occurred_at"), str):
            item["occurred_at"] = at.astimezone(UTC).isoformat()
