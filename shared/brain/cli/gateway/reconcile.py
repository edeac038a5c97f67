"""``brain reconcile``: that nothing that came in was lost."""

from pathlib import Path
from typing import Annotated, Any

import typer

from brain.bootstrap import Brain
from brain.cli.gateway.payload_files import file_bytes
from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, figures, table
from brain.domain.events import FeedType
from brain.domain.gateway.manifests import Sent, manifest
from brain.errors import InvalidInputError
from brain.services.gateway.check_manifest import CheckManifest
from brain.services.gateway.reconcile import Reconcile

MISSING_SHOWN = 20


def reconcile(
    client: Annotated[str, typer.Option(help="Whose events.")],
    manifest_file: Annotated[
        Path | None,
        typer.Option(
            "--manifest", help="What the sender sent: ids one a line, CSV or JSON lines with id, total, outcome."
        ),
    ] = None,
    source: Annotated[str, typer.Option(help="The feed of the manifest's own ids.")] = FeedType.CUSTOM,
    by_hour: Annotated[bool, typer.Option("--by-hour", help="Each hour of receipt too; reads every event.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Print what became of all that was sent and the difference, or of a manifest's ids; exit 1 if it is not 0."""
    if source not in set(FeedType):
        raise InvalidInputError(f"--source: expected a feed, one of {', '.join(FeedType)}; {source!r} came")
    sent = _manifest(manifest_file) if manifest_file else None
    brain = open_brain()
    counts = Reconcile(brain.store)(client, now=brain.clock.now(), by_hour=by_hour)
    checked = _checked(brain, client, sent, FeedType(source)) if sent is not None else None
    _print(client, counts, checked, json_output=json_output)
    if counts["difference"] or (checked and checked["difference"]):
        raise typer.Exit(1)


def _manifest(file: Path) -> list[Sent]:
    try:
        return manifest(file_bytes(file).decode("utf-8"))
    except UnicodeDecodeError as exc:
        raise InvalidInputError(f"{file}: expected a manifest as UTF-8 text: {exc.reason}") from exc


def _checked(brain: Brain, client: str, sent: list[Sent], source: FeedType) -> dict[str, Any]:
    return CheckManifest(brain.store, brain.sealer, brain.known_keys)(client, sent, source)


def _print(client: str, counts: dict[str, Any], checked: dict[str, Any] | None, *, json_output: bool) -> None:
    if json_output:
        print(as_json(counts | ({"manifest": checked, "missing": checked["missing"]} if checked else {})))
        return
    hours = counts.pop("hours", {})
    figures(f"Books of {client}", counts, json_output=False)
    if hours:
        columns = list(next(iter(hours.values())))
        table("By hour of receipt", ["hour", *columns], ([hour, *one.values()] for hour, one in hours.items()))
    if checked:
        missing = checked.pop("missing")
        figures("Manifest", checked | {"missing": len(missing)}, json_output=False)
        for name in missing[:MISSING_SHOWN]:
            print(f"missing: {name}")
