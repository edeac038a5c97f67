"""``brain reconcile``: verify that every received event is accounted for."""

from pathlib import Path
from typing import Annotated, Any

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_files import parse_feed, read_text
from brain.cli.local_brain import open_brain, require_client
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_figures, print_table, to_json
from brain.domain.events import FeedType
from brain.domain.gateway.manifests import ManifestLine, parse_manifest
from brain.services.gateway.check_manifest import CheckManifest
from brain.services.gateway.reconcile import Reconcile

MISSING_SHOWN = 20


def reconcile(
    client: ClientOption,
    manifest_file: Annotated[
        Path | None,
        typer.Option(
            "--manifest",
            help="The sender's own list, `-` for standard input: one id per line, or CSV or JSON lines with id, total, "
            "outcome.",
        ),
    ] = None,
    source: Annotated[str, typer.Option(help="The feed to which the manifest's ids belong.")] = FeedType.CUSTOM,
    by_hour: Annotated[
        bool, typer.Option("--by-hour", help="Also count by hour of receipt; this reads every event.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Count what became of everything received, or of a manifest's ids; exit 1 when the difference is not 0."""
    feed = parse_feed(source, "--source")
    sent = parse_manifest(read_text(manifest_file)) if manifest_file else None
    brain = open_brain()
    require_client(brain, client)
    counts = Reconcile(brain.store)(client, now=brain.clock.now(), by_hour=by_hour)
    check = _check_manifest(brain, client, sent, feed) if sent is not None else None
    _print_counts(client, counts, check, json_output=json_output)
    if counts["difference"] or (check and check["difference"]):
        raise typer.Exit(1)


def _check_manifest(brain: Brain, client: str, sent: list[ManifestLine], source: FeedType) -> dict[str, Any]:
    return CheckManifest(brain.store, brain.sealer, brain.identity_key_source)(client, sent, source)


def _print_counts(client: str, counts: dict[str, Any], check: dict[str, Any] | None, *, json_output: bool) -> None:
    if json_output:
        print(to_json(counts | ({"manifest": check, "missing": check["missing"]} if check else {})))
        return
    hours = counts.pop("hours", {})
    print_figures(f"Received events of {client}", counts, json_output=False)
    if hours:
        columns = list(next(iter(hours.values())))
        rows = ([hour, *hour_counts.values()] for hour, hour_counts in hours.items())
        print_table("By hour of receipt", ["hour", *columns], rows)
    if check:
        missing = check.pop("missing")
        print_figures("Manifest", check | {"missing": len(missing)}, json_output=False)
        for event_id in missing[:MISSING_SHOWN]:
            print(f"missing: {event_id}")
