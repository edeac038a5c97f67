"""A store of version 0.1 and the same reports again: the sums are those of the reports, whatever was lost before."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.ports.document_store import Set
from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

FOLDER = Path(__file__).parent
REPORTS = json.loads((FOLDER / "reports.json").read_text("utf-8"))


def _decode_time(document: dict[str, Any]) -> Any:
    return datetime.fromisoformat(document["$time"]) if "$time" in document else document


STORED = json.loads((FOLDER / "store_0_1.json").read_text("utf-8"), object_hook=_decode_time)


def build_stored_brain(name: str) -> Brain:
    """The application on what version 0.1 stored of a report, a day later."""
    brain = build_memory_brain()
    brain.store.commit([Set(path, document) for path, document in STORED[name].items()])
    brain.clock.advance(timedelta(days=1))
    return brain


def sum_metrics(brain: Brain, names: list[str]) -> dict[str, float]:
    """The sums of the current events."""
    events = brain.store.query(paths.events(CLIENT))
    return {name: sum(event.data.get(name, 0) for event in events) for name in names}


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_again_gives_its_own_sums(name: str) -> None:
    """In one request, row by row in either order, and once more."""
    report = REPORTS[name]
    payloads = report["payload"] if isinstance(report["payload"], list) else [report["payload"]]
    for requests in ([payloads], [[payload] for payload in payloads], [[payload] for payload in payloads[::-1]]):
        brain = build_stored_brain(name)
        for _ in range(2):
            for request in requests:
                send_request(brain, request, report["feed"])
            assert sum_metrics(brain, list(report["sums"])) == pytest.approx(report["sums"])
            brain.clock.advance(timedelta(days=1))
