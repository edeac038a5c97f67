"""What the README tells a newcomer to type, typed."""

import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def blocks(heading: str) -> list[str]:
    """The shell blocks under a heading."""
    text = (ROOT / "README.md").read_text("utf-8")
    section = text.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


@pytest.mark.slow
def test_the_first_event_and_the_first_report_go_as_the_readme_says(tmp_path: Path) -> None:
    """Key, server, curl, jobs, books; only the port is another."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    event, jobs = blocks("Send an event")
    assert event.startswith("make install && . .venv/bin/activate\n")
    script = "\n".join(
        ["set -eu", event.partition("\n")[2], jobs.replace("kill %1", "curl -s http://127.0.0.1:8080/ >page; kill %1")]
    ).replace("8080", port)
    given = {name: value for name, value in os.environ.items() if not name.startswith("BRAIN_")}
    given["PATH"] = f"{Path(sys.executable).parent}:{given['PATH']}"
    done = subprocess.run(
        ["/bin/bash", "-m", "-c", script],
        cwd=tmp_path,
        env=given,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "201 Created" in done.stdout
    for job in ("brainHourlyScores", "brainDailyAnalysis", "brainWeeklyReport"):
        assert f"{job} success, 1 client" in done.stdout
    assert re.search(r"stored\s+│\s+1", done.stdout)
    week = datetime.now(UTC) - timedelta(days=7)
    assert f"/reports/acme/weekly-{week:%G-W%V}" in (tmp_path / "page").read_text("utf-8")  # it covers the event's week
    assert "part_failed" not in done.stderr


def test_the_links_of_the_readme_lead_somewhere() -> None:
    """Every file it names is there."""
    text = (ROOT / "README.md").read_text("utf-8")
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]
