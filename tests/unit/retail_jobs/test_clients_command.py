"""Setting clients up from the command line, their stores included."""

import json
from pathlib import Path
from typing import Any

import pytest

from brain.cli.app import app
from brain.cli.failures import run_app


class Clients:
    """``brain clients`` on an embedded store."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("BRAIN_STORE", f"sqlite:///{folder / 'brain.db'}")
        self._capsys, self._monkeypatch = capsys, monkeypatch

    def __call__(self, *words: str) -> tuple[int, str, str]:
        """Run it and return exit code, output and errors."""
        self._monkeypatch.setattr("sys.argv", ["brain", "clients", *words])
        code = run_app(app)
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
        "alarm_budget": None,
        "ga4_property": None,
    }
    assert clients.json("show", "--client", "baker") == after
    assert clients.json("set", "--client", "baker", "--vertical", "d2c")["stores"] == ["north", "south"]
    assert clients.json("set", "--client", "baker", "--no-stores")["stores"] == []


def test_a_property_is_kept_until_it_is_removed(clients: Clients) -> None:
    """However it is written; a client with several has none of its own."""
    assert clients.json("set", "--client", "acme", "--ga4-property", "properties/26")["ga4_property"] == "26"
    assert clients.json("set", "--client", "acme", "--name", "Acme")["ga4_property"] == "26"
    assert clients.json("set", "--client", "acme", "--ga4-property", "")["ga4_property"] is None
    code, _, error = clients("set", "--client", "acme", "--ga4-property", "G-ABC")
    assert code == 2
    assert "--ga4-property must be the digits of a GA4 property" in error


def test_a_person_reads_a_table(clients: Clients) -> None:
    """A new client has defaults."""
    assert clients("set", "--client", "baker")[0] == 0
    for words in (("show", "--client", "baker"), ("list",)):
        code, out, _ = clients(*words)
        assert code == 0
        assert "baker" in out
        assert "UTC" in out


def test_an_unknown_client_is_an_error(clients: Clients) -> None:
    """A mistyped id must not look like a client with defaults."""
    clients.json("set", "--client", "baker")
    code, _, err = clients("show", "--client", "bakr")
    assert code == 2
    assert "client 'bakr' does not exist" in err
    assert [client["client_id"] for client in clients.json("list")] == ["baker"]


def test_an_empty_list_says_how_to_create_a_client(clients: Clients) -> None:
    """For people; machines get an empty list."""
    assert "brain clients set" in clients("list")[1]
    assert clients.json("list") == []


def test_a_currency_is_an_iso_code_in_any_case(clients: Clients) -> None:
    """Lower case is accepted, a name is not."""
    assert clients.json("set", "--client", "baker", "--currency", "eur")["currency"] == "EUR"


def test_an_alarm_budget_is_kept_until_another_one_is_set(clients: Clients) -> None:
    """As the text that the option reads; another setting leaves it as it is."""
    assert clients.json("set", "--client", "baker", "--alarm-budget", "2/4w")["alarm_budget"] == "2/28d"
    assert clients.json("set", "--client", "baker", "--vertical", "d2c")["alarm_budget"] == "2/28d"
    assert clients.json("set", "--client", "baker", "--alarm-budget", "1/30d")["alarm_budget"] == "1/30d"
    assert "1/30d" in clients("show", "--client", "baker")[1]


def test_a_wrong_alarm_budget_says_what_one_looks_like(clients: Clients) -> None:
    """With the option, the value, and an example."""
    code, _, err = clients("set", "--client", "baker", "--alarm-budget", "2/month")
    assert code == 2
    assert "--alarm-budget: an alarm budget must be ALARMS/PERIOD" in err
    assert "got '2/month'; use for example 1/30d" in err


WRONG_SETTINGS = [
    ("--time-zone", "Berlin/Europe"),
    ("--store", "*"),
    ("--store", ""),
    ("--currency", "euro"),
    ("--currency", "QQQ"),
    ("--alarm-budget", ""),
    ("--alarm-budget", "0/30d"),
    ("--client", "a b"),
    ("--client", "__x__"),
]


@pytest.mark.parametrize("wrong", WRONG_SETTINGS)
def test_a_wrong_setting_is_an_error_and_changes_nothing(clients: Clients, wrong: tuple[str, str]) -> None:
    """Exit code 2 and a sentence."""
    before = clients.json("set", "--client", "baker")
    code, _, err = clients("set", "--client", "baker", *wrong)
    assert code == 2
    assert err.strip().splitlines()[-1].startswith("brain: ")
    assert clients.json("show", "--client", "baker") == before
    assert len(clients.json("list")) == 1
