"""The deployed names, through the framework that serves them: answers, errors, logs."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
JOBS = ("brainHourlyScores", "brainDailyAnalysis", "brainWeeklyReport")
RETAIL = ("brainCuriosity", "brainSignalMagnitude", "brainProductWeather", "brainBacktesting", "brainRoiReport")


def in_fresh_process(script: str, **environment: str) -> list[Any]:
    """Run a script as a function's own instance would run, and return the JSON lines it prints."""
    variables = {name: value for name, value in os.environ.items() if not name.startswith("BRAIN_")}
    variables |= {"PYTHONPATH": str(ROOT / "shared"), "BRAIN_STORE": "sqlite:///:memory:"} | environment
    variables |= {"BRAIN_HASH_SALT": "a salt for this test alone", "BRAIN_SEAL_KEY": "a key for this test alone"}
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env=variables,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def answers(target: str, *calls: str, **environment: str) -> list[Any]:
    """Call a synchronous function and return (status, body) of each call."""
    script = f"""
    import json, sys
    from functions_framework import create_app
    out = sys.stdout
    client = create_app({target!r}, {str(ROOT / "functions" / "main.py")!r}).test_client()
    sys.stdout = sys.stderr
    for answer in ({" ".join(f"client.{call}," for call in calls)}):
        print(json.dumps([answer.status_code, answer.get_json()]), file=out)
    """
    return in_fresh_process(script, **environment)


@pytest.mark.slow
@pytest.mark.parametrize("target", RETAIL)
def test_a_retail_job_is_disabled_by_its_flag(target: str) -> None:
    """Until an operator switches it on."""
    assert answers(target, "post('/')") == [[200, {"status": "disabled"}]]


@pytest.mark.parametrize("target", JOBS)
def test_a_job_without_work_answers_with_figures(target: str) -> None:
    """Nothing is enqueued, nothing is asked of Cloud Tasks."""
    assert answers(target, "post('/')") == [[200, {"status": "success", "clients": 0, "enqueued": 0}]]


@pytest.mark.parametrize("target", JOBS[:1])
def test_a_bad_body_is_a_problem(target: str) -> None:
    """With a code and a sentence, never a traceback."""
    responses = answers(
        target,
        "post('/', data='[')",
        "post('/', json={'scheduled_at': 'soon'})",
        "post('/', json={'client_id': '../x'})",
    )
    assert [status for status, _ in responses] == [422, 422, 422]
    assert all(body["code"] == "invalid_input" and body["detail"] for _, body in responses)


@pytest.mark.slow
def test_the_worker_does_a_task_once_and_refuses_what_is_none() -> None:
    """The queue may deliver a task twice."""
    task = "post('/', json={'job': 'brainHourlyScores', 'client_id': 'acme', 'scheduled_at': '2026-11-22T08:00:00Z'})"
    responses = answers(
        "brainWorker", task, task, "post('/', json={'job': 'nothing', 'client_id': 'a'})", "post('/', data='{')"
    )
    assert responses[0] == [200, {"status": "success", "scored": 0, "revised": 0}]
    assert responses[1][1]["repeated"] is True
    assert [status for status, _ in responses[2:]] == [409, 422]


def test_health_is_alive_without_asking_the_store_and_ready_with_it() -> None:
    """Strangers get no detail of either."""
    responses = answers("brainApi", "get('/health')", "get('/health/ready')", "post('/health')", "get('/else')")
    assert responses[0] == [200, {"status": "ok"}]
    assert responses[1] == [200, {"status": "ready"}]
    assert [status for status, _ in responses[2:]] == [405, 404]


HEAVY = ("numpy", "scipy", "sqlalchemy", "alembic", "holidays", "typer", "httpx", "google.cloud.tasks_v2")


@pytest.mark.parametrize("target", ["ingest", "brainApi", "brainHourlyScores", "brainWorker"])
def test_a_function_imports_nothing_heavy_that_it_does_not_use(target: str) -> None:
    """The import budget: what is loaded, and what the first request adds; the rest is other jobs' weight."""
    maker = (
        "functions_framework.aio import create_asgi_app"
        if target == "ingest"
        else "functions_framework import create_app"
    )
    first = "deployed._build_ingest()" if target == "ingest" else "app.test_client().post('/', data='[')"
    script = f"""
    import json, sys
    from {maker} as make
    out, sys.stdout = sys.stdout, sys.stderr
    app = make({target!r}, {str(ROOT / "functions" / "main.py")!r})
    from brain.entrypoints import deployed
    {first}
    print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]), file=out)
    """
    assert in_fresh_process(script) == [[]]


@pytest.mark.slow
def test_ingest_stores_through_the_asynchronous_framework() -> None:
    """The deployed name is a real coroutine function served by ASGI."""
    script = f"""
    import json, sys
    from functions_framework.aio import create_asgi_app
    from starlette.testclient import TestClient
    out, sys.stdout = sys.stdout, sys.stderr
    app = create_asgi_app("ingest", {str(ROOT / "functions" / "main.py")!r})
    from brain import bootstrap
    key, _ = bootstrap.get_brain().key_ring.create("acme")
    event = {{"event_id": "e1", "occurred_at": bootstrap.get_brain().clock.now().isoformat(), "likes": 1}}
    with TestClient(app) as client:
        for headers in ({{"Authorization": "Bearer " + key}}, {{"Authorization": "Bearer " + key}}, {{}}):
            answer = client.post("/v1/clients/acme/events/custom", json=event, headers=headers)
            print(json.dumps([answer.status_code, answer.json()]), file=out)
    """
    responses = in_fresh_process(script)
    assert [status for status, _ in responses] == [201, 200, 401]


@pytest.mark.parametrize("execution_ids", ["true", "false"])
def test_log_lines_keep_cloud_loggings_fields_whether_the_framework_rewrites_them_or_not(execution_ids: str) -> None:
    """Severity, message, trace and labels; the framework adds its execution id to ours."""
    script = f"""
    from functions_framework import create_app
    client = create_app("brainHourlyScores", {str(ROOT / "functions" / "main.py")!r}).test_client()
    client.post("/", data="[", headers={{"X-Correlation-Id": "corr-1", "Function-Execution-Id": "run-1"}})
    """
    lines = in_fresh_process(script, LOG_EXECUTION_ID=execution_ids, BRAIN_PROJECT="demo-project")
    (line,) = [line for line in lines if line.get("message") == "dispatch_failed"]
    assert (line["severity"], line["error_code"]) == ("INFO", "invalid_input")
    labels = line["logging.googleapis.com/labels"]
    assert labels["correlation_id"] == "corr-1"
    assert labels["component"] == "brain"
    assert ("execution_id" in labels) == (execution_ids == "true")


def test_a_deployed_function_never_trusts_an_emulator() -> None:
    """Set together, the two mean that any unsigned token would be believed."""
    (responses,) = answers(
        "brainApi", "get('/health')", K_SERVICE="brainapi", FIREBASE_AUTH_EMULATOR_HOST="127.0.0.1:9099"
    )
    assert responses[0] == 500
