"""The operator's command: what waits, what is parked, what a replay would do, and doing it."""

import asyncio
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.cli import local_brain
from brain.cli.app import app
from brain.cli.failures import run_app
from brain.domain.feeds.context import FeedContext
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway import read_request
from brain.testing.simulations.memory_brain import CLIENT, NOW, BrokenReader, build_post_payload, build_request

Run = Callable[..., int]
OLD = build_post_payload(1, occurred_at="2020-01-01T00:00:00Z")  # whenever this test runs, it is history


@pytest.fixture
def brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Brain:
    """The Brain that the command works on, with a letter that may pass and one that cannot."""
    monkeypatch.setitem(os.environ, "BRAIN_STORE", f"sqlite:///{tmp_path / 'b.db'}")
    opened = local_brain.open_brain()
    broken = BrokenReader(read_request.normalize)
    monkeypatch.setattr(read_request, "normalize", broken)
    monkeypatch.setattr(opened, "log", lambda *_, **__: None)
    send(opened, [OLD])
    broken.broken = False
    send(opened, b"{")
    return opened


def send(brain: Brain, body: Any) -> None:
    """Send a request of history."""
    context = FeedContext(CLIENT, brain.clock.now(), correlation_id="corr", backfill=True)
    asyncio.run(brain.ingest(build_request(body), context))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Call the command line in this process."""

    def call(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["brain", "dead-letters", *arguments])
        return run_app(app)

    return call


def by_code(brain: Brain) -> dict[str, str]:
    """The letters' names by their error."""
    return {letter.error_code: letter.dead_letter_id for letter in DeadLetters(brain.store).list(NOW, CLIENT)}


def test_the_list_says_what_is_tried_again_and_what_is_parked(
    brain: Brain, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """For people and for machines."""
    assert run("list", "--json") == 0
    by_error = {letter["error_code"]: letter for letter in json.loads(capsys.readouterr().out)}
    assert (by_error["internal"]["parked"], by_error["unreadable_body"]["parked"]) == (False, True)
    assert by_error["internal"]["next_try_at"] > by_error["internal"]["first_seen"]
    assert (by_error["internal"]["retries"], by_error["unreadable_body"]["next_try_at"]) == (0, None)
    assert run("list", "--client", CLIENT) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in by_code(brain).values())
    assert "parked" in printed
    assert "custom" in printed  # the feed
    assert len(by_code(brain)) == 2


def test_a_preview_changes_nothing_and_a_replay_is_done_once(
    brain: Brain, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A letter that is gone says how to find those there are."""
    name = by_code(brain)["internal"]
    assert run("show", name) == 0
    printed = capsys.readouterr().out
    assert "internal" in printed
    assert "A replay would read" in printed
    assert run("show", name, "--json") == 0
    assert json.loads(capsys.readouterr().out)["preview"]["events"] == 1
    assert run("show", name, "--body") == 0
    assert json.loads(capsys.readouterr().out) == [OLD]
    assert run("replay", name) == 0
    assert "Nothing was changed" in capsys.readouterr().out
    assert name in by_code(brain).values()
    assert run("replay", name, "--yes") == 0
    assert run("replay", name, "--yes") == 2
    assert "dead-letters list" in capsys.readouterr().err


def test_a_replay_that_fails_again_and_a_purge(brain: Brain, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 for the first; the second asks for --yes and is in the books."""
    name = by_code(brain)["unreadable_body"]
    capsys.readouterr()
    assert run("replay", name, "--yes") == 1
    assert "not stored, unreadable_body" in capsys.readouterr().out
    assert run("purge", name) == 0
    assert name in by_code(brain).values()
    assert run("purge", name, "--yes") == 0
    assert name not in by_code(brain).values()
    assert f"purged {name}" in capsys.readouterr().out
