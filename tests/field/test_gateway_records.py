"""Records and activities of CRMs and networks are counted as their providers' own pages do."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

CASES = yaml.safe_load(Path(__file__).with_name("gateway").joinpath("records.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_record_counts_what_its_provider_shows(case: Mapping[str, Any]) -> None:
    """In the number of events and in every sum; nothing ends as an internal error."""
    brain = build_memory_brain()
    for payload in case["requests"]:
        result = send_request(brain, payload, case["feed"])
        assert "internal" not in {item.error_code for item in result.items}
    events = [event.data for event in brain.store.query(paths.events(CLIENT))]
    brain.store.close()
    assert len(events) == case["events"]
    sums = {name: sum(event.get(name, 0) for event in events) for name in case.get("sums", {})}
    assert sums == case.get("sums", {})
