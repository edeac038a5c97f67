"""The demonstration's world on both stores: the same to the last digit, and every event accounted for."""

import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.virtual_clock import VirtualClock
from brain.cli.demo.agency import START
from brain.cli.demo.command import STATUSES, build_secrets, summarize
from brain.cli.demo.findings import compute_fingerprints
from brain.cli.demo.shop import CAFES
from brain.cli.demo.shop_findings import list_shop_findings
from brain.cli.demo.simulation import Simulation, listen
from brain.repositories import paths
from brain.settings.environment import read_settings

DAYS = 22
ROOT = Path(__file__).parents[2]


def ignore_progress(*_steps: int, **_changes: object) -> None:
    """A progress bar that nobody looks at."""


def simulate(store: str, days: int = DAYS):
    """Simulate the first days on a store; return the summary and the fingerprints."""
    clock = VirtualClock(START)
    brain = bootstrap.build_brain(
        read_settings({"BRAIN_STORE": store}), clock=clock, secrets=EnvironmentSecrets(build_secrets(Path("unused.db")))
    )
    with listen(brain) as url:
        simulation = Simulation(brain, clock, url, seed=7)
        simulation.run_agency(ignore_progress, days)
        simulation.close()
    summary = summarize(brain, simulation)
    fingerprints = compute_fingerprints(brain.store)
    brain.store.close()
    return summary, fingerprints


@pytest.fixture(scope="module")
def embedded():
    """The world on the embedded store."""
    return simulate("sqlite:///:memory:")


@pytest.mark.slow
def test_every_event_that_was_sent_is_accounted_for(embedded):
    """Resent, revised and broken ones included."""
    summary, _ = embedded
    assert summary["accounted_for"]
    assert summary["sent"] == sum(summary["ends"].values())
    assert all(summary["ends"][end] > 0 for end in STATUSES if end != "rejected")


@pytest.mark.slow
def test_the_same_world_again_is_the_same_to_the_last_digit(embedded):
    """Time and chance are arguments."""
    assert simulate("sqlite:///:memory:")[1] == embedded[1]


@pytest.mark.emulator
def test_both_stores_give_the_same_scores_and_reports_to_the_last_digit(embedded, emulator):
    """The rest of the code cannot tell which it is."""
    assert emulator
    summary, fingerprints = simulate(f"firestore://demo-{uuid.uuid4().hex[:12]}")
    assert fingerprints == embedded[1]
    assert summary["ends"] == embedded[0]["ends"]
    assert summary["accounted_for"]


@pytest.mark.slow
def test_the_cafes_truths_are_found_and_the_decoy_is_not(tmp_path):
    """Rain on the terrace, a home game, finals week, a promotion, an opening; street music does nothing."""
    clock = VirtualClock(START)
    secrets = EnvironmentSecrets(build_secrets(tmp_path / "shop.db"))
    brain = bootstrap.build_brain(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=clock, secrets=secrets)
    with listen(brain) as url:
        simulation = Simulation(brain, clock, url, seed=7)
        simulation.run_shop(ignore_progress)
        simulation.close()
    findings = list_shop_findings(brain.store, simulation.shop)
    week = brain.store.get(paths.view(CAFES.client_id, "week"))
    brain.store.close()
    assert [finding.recovered for finding in findings] == [True] * 8
    assert week is not None
    for line in shop_commands():
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'shop.db'}"}
        done = subprocess.run(line, env=environment, check=False, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, (line, done.stderr)


def shop_commands():
    """What the README asks of the cafés' database."""
    section = (ROOT / "README.md").read_text("utf-8").partition("## Ask about a shop\n")[2]
    block = re.search(r"```sh\n(.*?)```", section, re.DOTALL).group(1)
    lines = [line.partition("#")[0].split() for line in block.splitlines()]
    return [[str(Path(sys.executable).with_name("brain")), *words[1:]] for words in lines if words[0] == "brain"]
