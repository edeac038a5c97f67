"""``brain demo``: simulate an agency and a shop, compare planted with learned effects, serve the reports."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Annotated, Any

import typer

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.virtual_clock import VirtualClock
from brain.bootstrap import Brain
from brain.cli.demo.agency import CLIENTS, DAYS, START
from brain.cli.demo.findings import Finding, compute_fingerprints, list_findings, read_headlines
from brain.cli.demo.shop_findings import list_shop_findings
from brain.cli.demo.simulation import SHOP_JOBS, Simulation, listen
from brain.cli.local_server import run_server
from brain.cli.options import JsonOption
from brain.cli.printing import print_table, show_progress
from brain.entrypoints.local import LocalServer
from brain.errors import InvalidInputError
from brain.repositories import paths
from brain.services.gateway.reconcile import Reconcile
from brain.settings.environment import read_settings

STORE_FILE = Path(".brain/demo.db")
SHOP_FILE = Path(".brain/demo-shop.db")
# Invented people need no protection; a store of real ones never sees these keys.
SECRETS = {"BRAIN_HASH_SALT": "a-demonstration-has-no-secrets", "BRAIN_SEAL_KEY": "a-demonstration-has-no-secrets"}
STATUSES = ("stored", "duplicate", "revised", "rejected", "dead_lettered")


def demo(
    serve: Annotated[bool, typer.Option(help="Serve the reports afterwards.")] = True,
    port: Annotated[int, typer.Option(min=0, max=65535, help="The port to serve them on; 0 picks a free one.")] = 8080,
    seed: Annotated[int, typer.Option(help="The seed of the simulation.")] = 7,
    json_output: JsonOption = False,
) -> None:
    """Simulate twelve weeks of an agency and two years of a shop, through the real ingest, jobs and reports.

    Takes about half a minute. Exit 1 when an event is unaccounted for or a planted effect was not found.
    """
    clock = VirtualClock(START)
    brain = _open(clock)
    with listen(brain) as url, show_progress("starting", DAYS + len(SHOP_JOBS) + 2, log=True) as report:
        simulation = Simulation(brain, clock, url, seed)
        simulation.run_agency(report)
        simulation.run_shop(report)
        simulation.close()
        report(activity="comparing what was planted with what was learned")
        summary = summarize(brain, simulation)
    print(json.dumps(summary, default=str)) if json_output else _print_summary(summary)
    succeeded = summary["accounted_for"] and all(finding["recovered"] for finding in summary["findings"])
    if serve:
        app = LocalServer(_open(clock, fresh=False), schedule=False).app()
        run_server(app, port, lambda url: f"\nThe reports are at {url} until Ctrl-C")
    if not succeeded:
        raise typer.Exit(1)


def _open(clock: VirtualClock, *, fresh: bool = True) -> Brain:
    """Return a Brain on BRAIN_STORE, or on a new file of its own."""
    settings = read_settings()
    if fresh:
        _remove(SHOP_FILE)
    if "BRAIN_STORE" not in os.environ:
        if fresh:
            _remove(STORE_FILE)
        settings = replace(settings, store=f"sqlite:///{STORE_FILE}?synchronous=off")
    brain = bootstrap.build_brain(settings, clock=clock, secrets=EnvironmentSecrets(build_secrets(SHOP_FILE)))
    if fresh and brain.store.get(paths.client(CLIENTS[0].client_id)):
        raise InvalidInputError(
            f"the store of BRAIN_STORE must be empty, got a demonstration in {settings.store}; name another store"
        )
    return brain


def build_secrets(shop_file: Path) -> dict[str, str]:
    """Return the demonstration's secrets, with the shop's database in ``shop_file``."""
    return {**SECRETS, "DATABASE_URL": f"sqlite:///{shop_file.resolve()}"}


def _remove(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        Path(f"{file}{suffix}").unlink(missing_ok=True)


def summarize(brain: Brain, simulation: Simulation) -> dict[str, Any]:
    """Return everything that the command prints: what became of the events, headlines, findings, fingerprints."""
    reconciled = [Reconcile(brain.store)(client.client_id) for client in CLIENTS]
    answered = {status: simulation.counts[status] for status in STATUSES}
    in_store = {
        name: sum(counts[name] for counts in reconciled) for name in ("stored", "duplicate", "rejected", "dead_letters")
    }
    agrees = tuple(in_store.values()) == tuple(
        answered[status] for status in ("stored", "duplicate", "rejected", "dead_lettered")
    )
    findings = [*list_findings(brain.store), *list_shop_findings(brain.store, simulation.shop)]
    return {
        "sent": simulation.sent,
        "ends": answered,
        "in_store": in_store,
        "accounted_for": simulation.sent == sum(answered.values()) and agrees,
        "runs": dict(simulation.runs),
        "headlines": read_headlines(brain.store),
        "findings": [asdict(finding) for finding in findings],
        "fingerprints": compute_fingerprints(brain.store),
    }


def _print_summary(summary: dict[str, Any]) -> None:
    print_table("This week", ("client", "week", "headline"), summary["headlines"])
    findings = [Finding(**fields) for fields in summary["findings"]]
    rows = [
        (finding.client, finding.planted, finding.learned, "yes" if finding.recovered else "NO") for finding in findings
    ]
    print_table("Planted and learned", ("client", "planted", "learned", "found"), rows)
    terms = " + ".join(f"{count} {status.replace('_', '-')}" for status, count in summary["ends"].items())
    in_store = ", ".join(f"{count} {name.replace('_', '-')}" for name, count in summary["in_store"].items())
    verdict = "nothing is missing" if summary["accounted_for"] else f"but the store holds {in_store}"
    print(f"\n{summary['sent']} events in = {terms}: {verdict}")
    print(f"Runs: {', '.join(f'{count} {job}' for job, count in summary['runs'].items())}")
    print(f"Fingerprints: {', '.join(f'{name} {digest}' for name, digest in summary['fingerprints'].items())}")
