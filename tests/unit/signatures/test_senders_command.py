"""``brain senders`` names each secret and the commands that set it, and never shows one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from brain.cli.app import app
from brain.domain.senders.signatures.secret_text import secret_name

SECRET = "a secret that nobody may see"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an embedded store and one secret in its environment."""
    monkeypatch.setenv("BRAIN_STORE", f"sqlite:///{tmp_path}/brain.db")
    monkeypatch.setenv(secret_name("my-shop", "meta"), f"{SECRET}\nan older one")


def said(*arguments: str) -> str:
    """What the command printed."""
    done = CliRunner().invoke(app, ["senders", "--client", "my-shop", *arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.usefixtures("machine")
def test_each_provider_has_its_secrets_name_and_how_many_values_are_set() -> None:
    """For machines in JSON, for people in a table."""
    rows = {row["secret"]: row for row in json.loads(said("--json"))}
    assert rows["BRAIN_SENDER_MY_2DSHOP_META"]["values_here"] == 2
    assert rows["BRAIN_SENDER_MY_2DSHOP_META_VERIFY"]["values_here"] == 0
    assert rows["BRAIN_SENDER_MY_2DSHOP_STANDARD_WEBHOOKS"]["sources"] == "all"
    shown = said()
    assert "BRAIN_SENDER_MY_2DSHOP_HUBSPOT" in shown
    assert SECRET not in shown + str(rows)


@pytest.mark.usefixtures("machine")
def test_one_provider_comes_with_the_commands_that_set_its_secrets() -> None:
    """Create, allow ingest to read, rotate."""
    shown = said("--provider", "meta")
    assert "gcloud secrets create BRAIN_SENDER_MY_2DSHOP_META " in shown
    assert "gcloud secrets create BRAIN_SENDER_MY_2DSHOP_META_VERIFY " in shown
    assert "gcloud secrets versions add BRAIN_SENDER_MY_2DSHOP_META " in shown
    assert "serviceAccount:brain-ingest@" in shown
    assert "HUBSPOT" not in shown
    assert SECRET not in shown


@pytest.mark.usefixtures("machine")
def test_a_provider_that_there_is_not_is_told() -> None:
    """With the command that lists them."""
    done = CliRunner().invoke(app, ["senders", "--client", "my-shop", "--provider", "nobody"])
    assert "nobody" in str(done.exception)
