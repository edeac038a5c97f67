"""``brain normalize``: a provider's payload on a plain file becomes events, one JSON object a line."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from brain.cli.gateway.payload_files import file_bytes, named_field_map, payloads, received_time
from brain.domain.events import Draft, Event, FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import complete
from brain.domain.gateway.normalize import normalize as read_payload
from brain.domain.privacy.keys import IdentityKeys
from brain.errors import InvalidInputError

_DEVELOPMENT_KEY = b"a throw-away key for looking at events on one machine"
_FIELDS = tuple(field.name for field in fields(Event))


def normalize(
    source: Annotated[str, typer.Argument(help=f"The feed: {', '.join(FeedType)}.")],
    file: Annotated[Path | None, typer.Argument(help="JSON, NDJSON or CSV; standard input if left out.")] = None,
    client: Annotated[str, typer.Option(help="The client whose ids and pseudonyms are made.")] = "local",
    received_at: Annotated[str | None, typer.Option(help="When the payload came (ISO 8601); now if left out.")] = None,
    backfill: Annotated[
        bool | None, typer.Option(help="Take events of any age; if left out, only when --received-at is left out too.")
    ] = None,
    field_map: Annotated[
        str | None, typer.Option("--map", help="A field map of config/feeds.yaml, for plain rows.")
    ] = None,
) -> None:
    """Print the events in a provider's payload as JSON lines; what is rejected goes to standard error, exit 1.

    A file that is looked at without saying when it came has no age, so old events pass; ingest takes them by backfill.
    Pseudonyms are made with BRAIN_HASH_SALT, or without it with a throw-away development key.
    """
    if source not in set(FeedType):
        raise InvalidInputError(f"Expected a feed, one of {', '.join(FeedType)}; {source!r} came.")
    chosen = named_field_map(field_map) if field_map else None
    any_age = received_at is None if backfill is None else backfill
    context = FeedContext(client, received_time(received_at), backfill=any_age, field_map=chosen)
    found = payloads(file_bytes(file), chosen, is_csv=file is not None and file.suffix.lower() == ".csv")
    rejected = _print_events(source, found, context, _keys())
    if rejected:
        raise typer.Exit(1)


def _print_events(source: str, payloads: Iterator[Any], context: FeedContext, keys: IdentityKeys) -> int:
    """Print every event and every rejection with its place in the order of items; return how many were rejected."""
    index = rejected = 0
    for payload in payloads:
        outcomes = [payload] if isinstance(payload, Rejected) else read_payload(source, payload, context)
        for outcome in outcomes:
            finished = complete(outcome, context, keys) if isinstance(outcome, Draft) else outcome
            if isinstance(finished, Rejected):
                rejected += 1
                fault = {"error_code": finished.error_code, "message": finished.message, "index": index}
                print(json.dumps(fault, ensure_ascii=False), file=sys.stderr)
            elif isinstance(finished, Ignored):
                _note(f"item {index} makes no event: {finished.reason}")
            else:
                print(json.dumps(_as_document(finished.event), ensure_ascii=False))
            index += 1
    return rejected


def _as_document(event: Event) -> dict[str, Any]:
    """Return the event with its times in ISO 8601; a metric that the provider did not report is null."""
    document = {name: getattr(event, name) for name in _FIELDS}
    return {
        name: value.astimezone(UTC).isoformat().replace("+00:00", "Z") if isinstance(value, datetime) else value
        for name, value in document.items()
    }


def _keys() -> IdentityKeys:
    salt = os.environ.get("BRAIN_HASH_SALT")
    if salt:
        return IdentityKeys(1, salt.encode())
    _note("BRAIN_HASH_SALT is not set: pseudonyms and ids are made with a development key; nothing is stored")
    return IdentityKeys(1, _DEVELOPMENT_KEY)


def _note(sentence: str) -> None:
    """Tell a person at a terminal; a program reading standard error gets rejections alone."""
    if sys.stderr.isatty():
        print(f"brain normalize: {sentence}", file=sys.stderr)
