"""The command: plays the agency, prints planted beside learned and where every event went, and serves the reports."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer
import uvicorn

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.virtual_clock import VirtualClock
from brain.bootstrap import Brain
from brain.cli.demo.agency import CLIENTS, DAYS, START
from brain.cli.demo.findings import Finding, findings, fingerprints, headlines
from brain.cli.demo.play import SHOP_JOBS, Play, listening
from brain.cli.demo.shop_findings import shop_findings
from brain.cli.printing import progress, table
from brain.entrypoints.local import LocalServer
from brain.errors import InvalidInputError
from brain.repositories import paths
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings

FILE = Path(".brain/demo.db")
# Invented people need no secret; a store of real ones never sees these.
SECRETS = {"BRAIN_HASH_SALT": "a-demonstration-has-no-secrets", "BRAIN_SEAL_KEY": "a-demonstration-has-no-secrets"}
SHOP_FILE = Path(".brain/demo-shop.db")
ENDS = ("stored", "duplicate", "revised", "rejected", "dead_lettered")


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the reports afterwards.")] = True,
    port: Annotated[int, typer.Option(help="Where to serve them.")] = 8080,
    seed: Annotated[int, typer.Option(help="The world's chance.")] = 7,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Play twelve weeks of a seeded agency through HTTP, store, jobs and reports; exit 1 when a truth was missed."""
    clock = VirtualClock(START)
    brain = _open(clock)
    with listening(brain) as address, progress("twelve weeks", DAYS + len(SHOP_JOBS)) as advance:
        play = Play(brain, clock, address, seed)
        play.run(advance)
        play.run_shop(advance)
        play.close()
    result = result_of(brain, play)
    print(json.dumps(result, default=str)) if json_output else _show(result)
    if serve:
        print(f"\nThe reports are at http://127.0.0.1:{port} until Ctrl-C")
        app = LocalServer(_open(clock, fresh=False), schedule=False).app()
        uvicorn.run(app, host="127.0.0.1", port=port, log_level="warning")
    if not result["accounted_for"] or not all(f["recovered"] for f in result["findings"]):
        raise typer.Exit(1)


def _open(clock: VirtualClock, *, fresh: bool = True) -> Brain:
    """Return a Brain on BRAIN_STORE, or on a new file of its own."""
    settings = read_settings()
    if fresh:
        _remove(SHOP_FILE)
    if "BRAIN_STORE" not in os.environ:
        if fresh:
            _remove(FILE)
        settings = replace(settings, store=f"sqlite:///{FILE}?synchronous=off")
    brain = bootstrap.build(settings, clock=clock, secrets=EnvironmentSecrets(secrets(SHOP_FILE)))
    if fresh and brain.store.get(paths.client(CLIENTS[0].client_id)):
        raise InvalidInputError(f"{settings.store} holds a demonstration already; name an empty store in BRAIN_STORE")
    return brain


def secrets(shop_file: Path) -> dict[str, str]:
    """Return what the demonstration's Brain is told in secret, the shop's database in ``shop_file``."""
    return {**SECRETS, "DATABASE_URL": f"sqlite:///{shop_file.resolve()}"}


def _remove(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def result_of(brain: Brain, play: Play) -> dict[str, Any]:
    """Return all that the command prints: where events went, headlines, findings, fingerprints."""
    counted = [Reconcile(brain.store)(client.client_id) for client in CLIENTS]
    ends = {name: play.counts[name] for name in ENDS}
    in_store = {name: sum(c[name] for c in counted) for name in ("stored", "duplicate", "rejected", "dead_letters")}
    agree = (ends["stored"], ends["duplicate"], ends["rejected"], ends["dead_lettered"]) == tuple(in_store.values())
    return {
        "sent": play.sent,
        "ends": ends,
        "in_store": in_store,
        "accounted_for": play.sent == sum(ends.values()) and agree,
        "runs": dict(play.runs),
        "headlines": headlines(brain.store),
        "findings": [asdict(finding) for finding in (*findings(brain.store), *shop_findings(brain.store, play.shop))],
        "fingerprints": fingerprints(brain.store),
    }


def _show(result: dict[str, Any]) -> None:
    table("This week", ("client", "week", "headline"), result["headlines"])
    rows = [Finding(**found) for found in result["findings"]]
    shown = [(f.client, f.planted, f.learned, "yes" if f.recovered else "NO") for f in rows]
    table("Planted beside learned", ("client", "planted", "learned", "found"), shown)
    ends = result["ends"]
    total = " + ".join(f"{count} {name.replace('_', '-')}" for name, count in ends.items())
    verdict = "nothing is missing" if result["accounted_for"] else f"THE BOOKS SAY {result['in_store']}"
    print(f"\n{result['sent']} events in = {total}: {verdict}")
    print(f"Runs: {', '.join(f'{count} {name}' for name, count in result['runs'].items())}")
    print(f"Fingerprints: {', '.join(f'{name} {text}' for name, text in result['fingerprints'].items())}")
