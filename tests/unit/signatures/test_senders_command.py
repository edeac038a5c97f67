"""``brain senders`` names each secret and the commands that set it, and never shows one."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from brain.cli.app import app
from brain.domain.senders.signatures.sender_secrets import build_secret_name

SECRET = "a secret that nobody may see"


@pytest.fixture
def local_brain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedded store, with one secret in the environment."""
    monkeypatch.setenv("BRAIN_STORE", f"sqlite:///{tmp_path}/brain.db")
    monkeypatch.setenv(build_secret_name("my-shop", "meta"), f"{SECRET}\nan older one")


def run_senders(*arguments: str) -> str:
    """Return what the command prints."""
    completed = CliRunner().invoke(app, ["senders", "--client", "my-shop", *arguments])
    assert completed.exit_code == 0, completed.output
    return completed.stdout


@pytest.mark.usefixtures("local_brain")
def test_each_provider_is_listed_with_its_secret_and_the_number_of_values() -> None:
    """As JSON and as a table."""
    rows = {row["secret"]: row for row in json.loads(run_senders("--json"))}
    assert rows["BRAIN_SENDER_MY_2DSHOP_META"]["values_here"] == 2
    assert rows["BRAIN_SENDER_MY_2DSHOP_META_VERIFY"]["values_here"] == 0
    assert rows["BRAIN_SENDER_MY_2DSHOP_STANDARD_WEBHOOKS"]["sources"] == "all"
    printed = run_senders()
    assert "BRAIN_SENDER_MY_2DSHOP_HUBSPOT" in printed
    assert SECRET not in printed + str(rows)


@pytest.mark.usefixtures("local_brain")
def test_one_provider_comes_with_the_commands_that_set_its_secrets() -> None:
    """Commands to create it, grant access to ingest, and rotate it."""
    printed = run_senders("--provider", "meta")
    assert "gcloud secrets create BRAIN_SENDER_MY_2DSHOP_META " in printed
    assert "gcloud secrets create BRAIN_SENDER_MY_2DSHOP_META_VERIFY " in printed
    assert "gcloud secrets versions add BRAIN_SENDER_MY_2DSHOP_META " in printed
    assert "serviceAccount:brain-ingest@" in printed
    assert "HUBSPOT" not in printed
    assert SECRET not in printed


@pytest.mark.usefixtures("local_brain")
def test_an_unknown_provider_is_an_error() -> None:
    """The error names the provider, those that there are, and where providers that use Svix belong."""
    completed = CliRunner().invoke(app, ["senders", "--client", "my-shop", "--provider", "resend"])
    message = str(completed.exception)
    assert "got 'resend'" in message
    assert "mailgun, mandrill" in message
    assert "such as Resend, are standard_webhooks" in message
