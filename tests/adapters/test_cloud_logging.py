"""Log lines carry what Cloud Logging needs to group them."""

import json

import pytest

from brain.adapters.cloud_logging import LABELS, TRACE, build_event_logger


@pytest.mark.parametrize("project", ["demo-project", ""])
def test_a_line_of_a_traced_request_names_its_trace(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    """By its resource name, which needs the project; elsewhere there is none."""
    monkeypatch.setenv("BRAIN_PROJECT", project)
    build_event_logger("brain")("stored", trace_id="abc", correlation_id="corr-1", events=3)
    line = json.loads(capsys.readouterr().out)
    expected = {"severity": "INFO", "message": "stored", "events": 3}
    trace = {TRACE: "projects/demo-project/traces/abc"} if project else {}
    assert line == expected | trace | {LABELS: {"component": "brain", "correlation_id": "corr-1"}}
