"""``brain serve`` as a newcomer meets it: a real process, a real port, and a real kill."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

BRAIN = Path(sys.executable).with_name("brain")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(folder: Path, *arguments: str) -> Any:
    """Run the command line in a folder of its own and return what it prints as JSON."""
    done = subprocess.run([BRAIN, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@contextmanager
def serving(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Serve in a folder, and yield the address and the process."""
    port = free_port()
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [BRAIN, "serve", "--port", str(port), "--no-schedule"], cwd=folder, stdout=log, stderr=log
        )
        address = f"http://127.0.0.1:{port}"
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            try:
                if httpx.get(f"{address}/api/health").status_code == 200:
                    break
            except httpx.TransportError:
                threading.Event().wait(0.05)
        try:
            yield address, process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newcomer's empty folder and environment."""
    for name in [name for name in os.environ if name.startswith("BRAIN_")]:
        monkeypatch.delenv(name)
    return tmp_path


def event(number: int) -> dict[str, Any]:
    """A canonical event of now."""
    at = datetime.now(UTC).isoformat()
    return {"event_id": f"post-{number}", "occurred_at": at, "platform": "linkedin", "likes": 12}


@pytest.mark.slow
def test_a_stored_event_is_there_after_kill_minus_nine(home: Path) -> None:
    """201 means durable: the process dies right after the answer and the next one has the event."""
    command(home, "clients", "set", "--client", "acme", "--json")
    key = command(home, "keys", "create", "--client", "acme", "--json")["key"]
    headers = {"Authorization": f"Bearer {key}"}
    sent = event(1)
    with serving(home) as (address, process):
        answer = httpx.post(f"{address}/ingest/v1/clients/acme/events/custom", json=sent, headers=headers)
        os.kill(process.pid, signal.SIGKILL)
        assert answer.status_code == 201
    with serving(home) as (address, _):
        again = httpx.post(f"{address}/ingest/v1/clients/acme/events/custom", json=sent, headers=headers)
        assert (again.status_code, again.json()["results"][0]["outcome"]) == (200, "duplicate")
        bad = httpx.post(f"{address}/ingest/v1/clients/acme/events/custom", json=sent | {"likes": -1}, headers=headers)
        assert bad.status_code == 422
        assert "likes" in bad.json()["results"][0]["message"]
    assert command(home, "reconcile", "--client", "acme", "--json")["stored"] == 1


@pytest.mark.slow
def test_the_loop_runs_over_http(home: Path) -> None:
    """Event, scores, analysis, report, page."""
    command(home, "clients", "set", "--client", "acme", "--json")
    key = command(home, "keys", "create", "--client", "acme", "--json")["key"]
    with serving(home) as (address, _):
        headers = {"Authorization": f"Bearer {key}"}
        stored = httpx.post(
            f"{address}/ingest/v1/clients/acme/events/custom", json=[event(1), event(2)], headers=headers
        )
        assert stored.status_code == 201
        for job in ("hourly-scores", "brainDailyAnalysis", "weekly-report"):
            answer = httpx.post(f"{address}/jobs/{job}", timeout=60)
            assert (answer.status_code, answer.json()["status"]) == (200, "success"), answer.text
        index = httpx.get(address).text
        (page,) = re.findall(r'href="(/reports/acme/weekly-[^"]+)"', index)
        assert "weekly report" in httpx.get(address + page).text
        assert httpx.post(f"{address}/jobs/curiosity").json() == {"status": "disabled"}
        assert httpx.post(f"{address}/jobs/nothing").status_code == 404
        assert httpx.get(f"{address}/api/health/ready").json() == {"status": "ready"}
        assert httpx.get(f"{address}/reports/acme/none").status_code == 404


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["run", "nothing"], 2, "job must be one of"),
        (["run", "hourly-scores", "--at", "noon"], 2, "ISO 8601"),
        (["ingest", "nothing", "x.json", "--client", "a"], 2, "feed must be one of"),
        (["ingest", "custom", "missing.json", "--client", "a"], 2, "missing.json"),
        (["keys", "revoke", "--client", "a", "0123"], 2, "client 'a' does not exist"),
        (["keys", "rotate", "--client", "a"], 2, "client 'a' does not exist"),
        (["clients", "show", "--client", "a"], 2, "client 'a' does not exist"),
        (["dead-letters", "show", "dl_0"], 2, "the dead letter must be one that"),
        (["reconcile"], 2, "client"),
        (["score", "--as-of", "2026-11-22", "x"], 2, "offset"),
    ],
)
def test_wrong_usage_is_one_sentence_and_an_exit_code(home: Path, arguments: list[str], code: int, says: str) -> None:
    """Never a traceback."""
    done = subprocess.run([BRAIN, *arguments], cwd=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_scores_on_plain_files_are_those_of_the_service(home: Path) -> None:
    """The history is the client's earlier events in the file."""
    lines = [
        event(n) | {"client_id": "acme", "audience_size": 1000, "occurred_at": f"2026-11-{n:02}T08:00:00Z"}
        for n in range(1, 6)
    ]
    (home / "events.jsonl").write_text("\n".join(json.dumps(line) for line in lines))
    done = subprocess.run(
        [BRAIN, "score", "events.jsonl", "--as-of", "2026-11-06T00:00:00Z"],
        cwd=home,
        capture_output=True,
        text=True,
        check=True,
    )
    scores = [json.loads(line) for line in done.stdout.splitlines()]
    assert [score["inputs"]["history_events"] for score in scores] == [0, 1, 2, 3, 4]
    assert all(0 < score["attention"] <= score["performance"] for score in scores)


def test_doctor_says_what_is_missing_and_how_to_fix_it(home: Path) -> None:
    """A fresh machine needs nothing by hand; a secrets file without its keys is a fault."""

    def check(name: str) -> tuple[int, dict[str, str]]:
        done = subprocess.run(
            [BRAIN, "doctor", "--json"], cwd=home, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, {row["what"]: row for row in json.loads(done.stdout)}[name]

    code, fresh = check("BRAIN_HASH_SALT")
    assert (code, fresh["state"]) == (0, "ok")
    assert "creates .brain/secrets.env" in fresh["detail"]
    (home / ".brain" / "secrets.env").write_text("BRAIN_SEAL_KEY=present\n")
    code, lacking = check("BRAIN_HASH_SALT")
    assert (code, lacking["state"]) == (1, "missing")
    assert "export BRAIN_HASH_SALT=" in lacking["detail"]


def test_a_port_in_use_is_one_sentence(home: Path) -> None:
    """And nobody is told that the Brain listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        command = [BRAIN, "serve", "--port", port]
        done = subprocess.run(command, cwd=home, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert "--port must be free" in done.stderr
    assert "listens" not in done.stdout


def test_the_address_is_announced_once_it_answers(home: Path) -> None:
    """A script that waits for the sentence can send at once."""
    with subprocess.Popen([BRAIN, "serve", "--port", "0", "--no-schedule"], cwd=home, stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        line = server.stdout.readline().decode()
        try:
            (url,) = re.findall(r"listens on (http://127\.0\.0\.1:\d+)", line)
            assert httpx.get(f"{url}/api/health").status_code == 200
        finally:
            server.kill()
