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
from brain.cli.demo.command import ENDS, result_of, secrets
from brain.cli.demo.findings import fingerprints
from brain.cli.demo.play import Play, listening
from brain.cli.demo.shop import CAFES
from brain.cli.demo.shop_findings import shop_findings
from brain.repositories import paths
from brain.settings.environment import read_settings

DAYS = 22
ROOT = Path(__file__).parents[2]


def played(store: str, days: int = DAYS):
    """Play the first days on a store and return what came of it."""
    clock = VirtualClock(START)
    brain = bootstrap.build(
        read_settings({"BRAIN_STORE": store}), clock=clock, secrets=EnvironmentSecrets(secrets(Path("unused.db")))
    )
    with listening(brain) as address:
        play = Play(brain, clock, address, seed=7)
        play.run(lambda: None, days)
        play.close()
    result = result_of(brain, play)
    marks = fingerprints(brain.store)
    brain.store.close()
    return result, marks


@pytest.fixture(scope="module")
def embedded():
    """The world on the embedded store."""
    return played("sqlite:///:memory:")


def test_every_event_that_was_sent_is_accounted_for(embedded):
    """Resent, revised and broken ones included."""
    result, _ = embedded
    assert result["accounted_for"]
    assert result["sent"] == sum(result["ends"].values())
    assert all(result["ends"][end] > 0 for end in ENDS if end != "rejected")


def test_the_same_world_again_is_the_same_to_the_last_digit(embedded):
    """Time and chance are arguments."""
    assert played("sqlite:///:memory:")[1] == embedded[1]


@pytest.mark.emulator
def test_both_stores_give_the_same_scores_and_reports_to_the_last_digit(embedded, emulator):
    """The rest of the code cannot tell which it is."""
    assert emulator
    result, marks = played(f"firestore://demo-{uuid.uuid4().hex[:12]}")
    assert marks == embedded[1]
    assert result["ends"] == embedded[0]["ends"]
    assert result["accounted_for"]


def test_the_cafes_truths_are_found_and_the_decoy_is_not(tmp_path):
    """Rain on the terrace, a home game, finals week, a promotion, an opening; street music does nothing."""
    clock = VirtualClock(START)
    told = EnvironmentSecrets(secrets(tmp_path / "shop.db"))
    brain = bootstrap.build(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=clock, secrets=told)
    with listening(brain) as address:
        play = Play(brain, clock, address, seed=7)
        play.run_shop(lambda: None)
        play.close()
    found = shop_findings(brain.store, play.shop)
    week = brain.store.get(paths.view(CAFES.client_id, "week"))
    brain.store.close()
    assert [finding.recovered for finding in found] == [True] * 8
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
