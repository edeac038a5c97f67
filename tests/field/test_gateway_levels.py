"""Each input of ``gateway/levels.yaml`` is counted once where that can be known, and warned of where it cannot."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from field.test_gateway_reports import send_all

from brain.bootstrap import Brain
from brain.domain.gateway.known_levels import OVERLAPPING_REPORTS
from brain.domain.gateway.report_totals import TOTAL_ROW
from brain.domain.gateway.results import IngestStatus
from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT

CASES = yaml.safe_load(Path(__file__).with_name("gateway").joinpath("levels.yaml").read_text(encoding="utf-8"))
BY_ID = [pytest.param(case, id=case["id"]) for case in CASES]


def list_warnings(brain: Brain) -> list[str]:
    """Return the kinds of warnings about levels."""
    kinds = {warning.id for warning in brain.store.query(f"clients/{CLIENT}/warnings")}
    return sorted(kinds & {OVERLAPPING_REPORTS, TOTAL_ROW})


@pytest.mark.parametrize("order", [1, -1], ids=["forwards", "backwards"])
@pytest.mark.parametrize("case", BY_ID)
def test_reports_of_several_levels_are_counted_once_or_warned_of(case: dict[str, Any], order: int) -> None:
    """In whatever order requests and their rows arrive."""
    context = case.get("context", {})
    requests = [request[::order] if isinstance(request, list) else request for request in case["requests"][::order]]
    brain, results = send_all({**case, "requests": [{"context": context, "payload": each} for each in requests]})
    assert [result.outcome for result in results].count(IngestStatus.IGNORED) == case.get("ignored", 0)
    assert not [result for result in results if result.error_code not in (None, TOTAL_ROW)]
    events = [event.data for event in brain.store.query(paths.events(CLIENT))]
    sums = {name: sum(event.get(name, 0) for event in events) for name in case.get("sums", {})}
    assert sums == pytest.approx(case.get("sums", {}))
    assert list_warnings(brain) == sorted(case.get("warnings", []))
