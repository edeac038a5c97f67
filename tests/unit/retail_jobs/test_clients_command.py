"""Setting clients up from the command line, their stores included."""

import json
from pathlib import Path
from typing import Any

import pytest

from brain.cli.app import app
from brain.cli.failures import explained


class Clients:
    """``brain clients`` on an embedded store."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BRAIN_STORE", f"sqlite:///{folder / 'brain.db'}")
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run it and return exit code, output and errors."""
        self._monkeypatch.setattr("sys.argv", ["brain", "clients", *words])
        code = explained(app)
        return (code, *self._capsys.readouterr())

    def json(self, *words: str) -> Any:
        """The same with --json, read back."""
        code, out, err = self(*words, "--json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def clients(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Clients:
    """An empty store."""
    return Clients(tmp_path, capsys, monkeypatch)


def test_what_is_named_changes_and_the_rest_is_kept(clients: Clients) -> None:
    """Stores are named as a whole, and can all be taken away."""
    clients.json("set", "--client", "baker", "--name", "A bakery", "--time-zone", "Europe/Berlin", "--currency", "EUR")
    after = clients.json("set", "--client", "baker", "--store", "south", "--store", "north")
    assert after == {
        "client_id": "baker",
        "name": "A bakery",
        "vertical": None,
        "time_zone": "Europe/Berlin",
        "currency": "EUR",
        "stores": ["north", "south"],
    }
    assert clients.json("show", "--client", "baker") == after
    assert clients.json("set", "--client", "baker", "--vertical", "d2c")["stores"] == ["north", "south"]
    assert clients.json("set", "--client", "baker", "--no-stores")["stores"] == []


def test_a_person_reads_a_table(clients: Clients) -> None:
    """One never set up has defaults."""
    code, out, _ = clients("show", "--client", "nobody")
    assert code == 0
    assert "UTC" in out


@pytest.mark.parametrize("wrong", [("--time-zone", "Berlin/Europe"), ("--store", "*"), ("--store", "")])
def test_what_cannot_be_is_told_and_changes_nothing(clients: Clients, wrong: tuple[str, str]) -> None:
    """Exit code 2 and a sentence."""
    code, _, err = clients("set", "--client", "baker", *wrong)
    assert code == 2
    assert err.strip().splitlines()[-1].startswith("brain: ")
    assert clients.json("show", "--client", "baker")["stores"] == []
