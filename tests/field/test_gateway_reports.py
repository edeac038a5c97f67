"""Each report of ``gateway/reports.yaml`` gives the sums, rejections and warnings that its source calls right."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from brain.bootstrap import Brain
from brain.domain.gateway.results import ItemResult
from brain.ports.document_store import Document
from brain.repositories import paths
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

CASES = yaml.safe_load(Path(__file__).with_name("gateway").joinpath("reports.yaml").read_text(encoding="utf-8"))
LONG_PATHS = {"/LONG_A": "/" + "x" * 300 + "/a", "/LONG_B": "/" + "x" * 300 + "/b"}


def send_all(case: dict[str, Any]) -> tuple[Brain, list[ItemResult]]:
    """Send the requests of a case in their order, a second apart."""
    clock = ManualClock(NOW)
    brain = build_memory_brain(clock)
    results: list[ItemResult] = []
    for request in case["requests"]:
        has_context = isinstance(request, dict) and "context" in request
        text = json.dumps(request["payload"] if has_context else request, default=str)
        for name, path in LONG_PATHS.items():
            text = text.replace(name, path)
        context = request["context"] if has_context else {}
        results += send_request(brain, json.loads(text), case["feed"], **context).items
        clock.advance(timedelta(seconds=1))
    return brain, results


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_report_is_read_correctly(case: dict[str, Any]) -> None:
    """The sums over the current events, their days, and what was rejected and warned of."""
    brain, results = send_all(case)
    events = [event.data for event in brain.store.query(paths.events(CLIENT))]
    rejected = [result for result in results if result.error_code]
    assert [result.error_code for result in rejected] == case.get("rejected", []), rejected
    assert all(case.get("message_contains", "") in (result.message or "") for result in rejected)
    assert len(events) == case.get("events", len(events))
    sums = {name: sum(event.get(name, 0) for event in events) for name in case.get("sums", {})}
    assert sums == pytest.approx(case.get("sums", {}))
    check_days_and_payloads(case, events)
    warnings = {warning.id for warning in brain.store.query(f"clients/{CLIENT}/warnings")}
    assert set(case.get("warnings", [])) <= warnings


def check_days_and_payloads(case: dict[str, Any], events: list[Document]) -> None:
    """Compare the days of the events, and search their payloads."""
    if "occurred" in case:
        days = {datetime.fromisoformat(str(event["occurred_at"])).date().isoformat() for event in events}
        assert days == set(map(str, case["occurred"]))
    payloads = " ".join(event["raw_data"] for event in events)
    assert all(text in payloads for text in case.get("raw_contains", []))
    assert not any(text in payloads for text in case.get("raw_lacks", []))
