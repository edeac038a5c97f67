"""``brain doctor``: what is missing on this machine or project, and the command that mends it."""

import os
import shutil
import sys
from collections.abc import Callable
from typing import Annotated

import typer

from brain import bootstrap
from brain.bootstrap import SECRET_NAMES, Brain
from brain.cli.printing import as_json, table
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.errors import BrainError
from brain.settings.environment import read_settings
from brain.settings.files import config_directory, load_config
from brain.settings.scheduler import read_scheduler

Check = tuple[str, bool, str]
TOOLS = {
    "java": "the Firestore emulator of the tests needs Java 17: apt-get install openjdk-17-jre-headless",
    "gcloud": "deployment needs the Google Cloud SDK: https://cloud.google.com/sdk/docs/install",
    "firebase": "deployment of rules and indexes needs: npm install -g firebase-tools@14",
}


def doctor(json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False) -> None:
    """Check settings, configuration, secrets, the store and the tools; exit 1 when something needed is missing."""
    needed = [_python(), _look("configuration", lambda: str(config_directory())), _look("senders", _senders)]
    needed += _brain_checks()
    optional = [_tool(name, mend) for name, mend in TOOLS.items()]
    rows = [(name, "ok" if ok else "missing", detail) for name, ok, detail in needed]
    rows += [(name, "ok" if ok else "not needed here", detail) for name, ok, detail in optional]
    if json_output:
        print(as_json([dict(zip(("what", "state", "detail"), row, strict=True)) for row in rows]))
    else:
        table("The Brain on this machine", ("what", "state", "detail"), rows)
    if not all(ok for _, ok, _ in needed):
        raise typer.Exit(1)


def _python() -> Check:
    return "python", sys.version_info >= (3, 11), sys.version.split()[0]


def _look(name: str, look: Callable[[], str]) -> Check:
    try:
        return name, True, look()
    except BrainError as error:
        return name, False, error.message


def _senders() -> str:
    providers = load_config("brain_senders", SendersConfig).providers
    return f"{len(providers)} providers may sign for themselves; their secrets: brain senders --client C"


def _brain_checks() -> list[Check]:
    table_check = _look("functions table", lambda: f"{len(read_scheduler().functions)} functions")
    try:
        brain = bootstrap.build(read_settings())
    except BrainError as error:
        return [table_check, ("settings", False, error.message)]
    checks = [_look(name, lambda name=name: _read(brain, name)) for name in SECRET_NAMES]  # type: ignore[misc]
    health = [(f"{c.name}", c.ok, c.detail or f"{c.latency_ms:.1f} ms") for c in brain.health.checks()]
    return [table_check, ("settings", True, f"store {brain.settings.store}"), *checks, *health]


def _read(brain: Brain, name: str) -> str:
    where = "in the environment" if name in os.environ else "in this machine's file or Secret Manager"
    return f"{len(brain.secrets.read(name))} characters, {where}"


def _tool(name: str, mend: str) -> Check:
    found = shutil.which(name)
    return name, found is not None, found or mend
