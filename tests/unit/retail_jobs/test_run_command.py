"""The shop's jobs from the command line: switched off, switched on live, done, repeated, tried dry, failed."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.cli.app import app
from brain.cli.failures import run_app
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.shop_clients import BAKER, RIVAL, SUNDAY, fill_warehouse, open_warehouse

JOBS = ("signal-magnitude", "product-weather", "backtesting", "curiosity")
NAMES = {
    "signal-magnitude": "brainSignalMagnitude",
    "product-weather": "brainProductWeather",
    "backtesting": "brainBacktesting",
    "curiosity": "brainCuriosity",
}


class Machine:
    """A machine with an embedded store, a shop's database, and the command line."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys, self._monkeypatch = capsys, monkeypatch
        monkeypatch.setenv("BRAIN_STORE", f"sqlite:///{folder / 'brain.db'}")
        monkeypatch.setenv("DATABASE_URL", f"sqlite:///{folder / 'shop.db'}")
        self.store = SqliteStore(folder / "brain.db", ManualClock(SUNDAY))

    def switch_on(self, job: str, **fields: Any) -> None:
        """Override the job's flag live."""
        self.store.set(paths.feature(NAMES[job]), {"enabled": True, **fields})

    def run(self, job: str, *words: str) -> tuple[int, dict[str, Any]]:
        """``brain run JOB --json``: exit code and answer."""
        scheduled_at = SUNDAY.isoformat()
        self._monkeypatch.setattr("sys.argv", ["brain", "run", job, "--at", scheduled_at, "--json", *words])
        code = run_app(app)
        out, _ = self._capsys.readouterr()
        return code, json.loads(out)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the shops' database."""
    folder = tmp_path_factory.mktemp("machine")
    with closing(open_warehouse(f"sqlite:///{folder / 'shop.db'}")) as warehouse:
        fill_warehouse(warehouse, 100)
    return folder


@pytest.fixture
def machine(folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Machine]:
    """A machine whose document store is new."""
    for database_file in folder.glob("brain.db*"):
        database_file.unlink(missing_ok=True)  # an earlier connection may remove its log while it is collected
    machine = Machine(folder, capsys, monkeypatch)
    for client in (BAKER, RIVAL):
        Clients(machine.store).put(client)
    yield machine
    machine.store.close()


@pytest.mark.slow
@pytest.mark.parametrize("job", JOBS)
def test_a_job_is_off_until_it_is_switched_on_live(machine: Machine, job: str) -> None:
    """Then it does its work for every client with stores, or for those whose flag is on."""
    assert machine.run(job) == (0, {"status": "disabled"})
    machine.switch_on(job, percentage=0, clients={"baker": True})
    code, run_result = machine.run(job)
    assert (code, run_result["status"], set(run_result["clients"])) == (0, "success", {"baker"})
    machine.switch_on(job)
    code, run_result = machine.run(job)
    assert set(run_result["clients"]) == {"baker", "rival"}
    assert run_result["clients"]["baker"]["repeated"]
    assert run_result["clients"]["rival"]["stores"] == 1


@pytest.mark.parametrize("job", JOBS)
def test_a_dry_run_of_one_client_says_what_it_would_write(machine: Machine, job: str) -> None:
    """And the run that follows is not taken as done."""
    machine.switch_on(job)
    code, run_result = machine.run(job, "--client", "baker", "--dry-run")
    assert code == 0
    assert run_result["clients"]["baker"]["would_write"]["views"] >= 1
    assert machine.store.query(paths.RUNS) == []


def test_a_machine_without_the_shop_s_database_is_told(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failure of every client with a shop, exit code 1, in a sentence."""
    machine.switch_on("curiosity")
    monkeypatch.delenv("DATABASE_URL")
    code, run_result = machine.run("curiosity")
    assert code == 1
    assert {client["code"] for client in run_result["clients"].values()} == {"misconfigured"}
    assert "need DATABASE_URL" in run_result["clients"]["baker"]["message"]


def test_a_failed_run_is_done_when_the_cause_is_fixed(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same scheduled time, taken up again."""
    machine.switch_on("backtesting")
    with monkeypatch.context() as patch:
        patch.setenv("DATABASE_URL", "sqlite:////nowhere/shop.db")
        assert machine.run("backtesting")[0] == 1
    code, run_result = machine.run("backtesting")
    assert (code, run_result["status"]) == (0, "success")
    assert run_result["clients"]["baker"]["day"] == (SUNDAY - timedelta(days=1)).date().isoformat()
