"""``brain normalize``: print the events in a provider's payload, one JSON object per line."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from brain.cli.gateway.field_map_files import find_field_map
from brain.cli.gateway.payload_files import (
    parse_received_at,
    parse_source,
    read_bytes,
    read_payloads,
)
from brain.domain.events import SOURCES, Draft, Event, Ignored, Rejected
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FeedsConfig
from brain.domain.gateway.normalize import build_event
from brain.domain.gateway.normalize import normalize as read_events
from brain.domain.privacy.keys import IdentityKeys, parse_identity_keys
from brain.domain.privacy.spellings import PrivacyConfig
from brain.settings.files import load_config

_DEVELOPMENT_KEY = b"a throw-away key for looking at events on one machine"
_FIELDS = tuple(field.name for field in fields(Event))


def normalize(
    source: Annotated[str, typer.Argument(help=f"The feed: {', '.join(SOURCES)}.")],
    file: Annotated[
        Path | None,
        typer.Argument(
            help="JSON, NDJSON, or CSV with column names in its first line; `-` or nothing reads standard input."
        ),
    ] = None,
    client: Annotated[str, typer.Option(help="The client for which ids and pseudonyms are derived.")] = "local",
    received_at: Annotated[
        str | None, typer.Option(help="When the payload arrived (ISO 8601); by default now.")
    ] = None,
    backfill: Annotated[
        bool | None, typer.Option(help="Accept events of any age; by default only without --received-at.")
    ] = None,
    field_map: Annotated[
        str | None,
        typer.Option("--map", help="The field map by which rows are read: one of config/feeds.yaml, or a YAML file."),
    ] = None,
) -> None:
    """Print a payload's events as JSON lines, and rejected items as JSON lines on standard error (then exit 1).

    Nothing is stored. Without --received-at, events of any age are accepted, as in a backfill. Pseudonyms are derived
    with BRAIN_HASH_SALT, or with a throw-away development key when it is not set.
    """
    feed = parse_source(source)
    mapping = find_field_map(field_map) if field_map else None
    any_age = received_at is None if backfill is None else backfill
    at, meta_ads = parse_received_at(received_at), load_config("feeds", FeedsConfig).meta_ads
    context = FeedContext(client, at, backfill=any_age, field_map=mapping, meta_ads=meta_ads)
    payloads = read_payloads(read_bytes(file), mapping, is_csv=file is not None and file.suffix.lower() == ".csv")
    if _print_events(feed, payloads, context, _read_keys()):
        raise typer.Exit(1)


def _print_events(source: str, payloads: Iterator[Any], context: FeedContext, keys: IdentityKeys) -> int:
    """Print every event and every rejection with its index among the items; return the number of rejections."""
    rules = load_config("brain_privacy", PrivacyConfig).find_rules(context.client_id)
    index = rejections = 0
    for payload in payloads:
        drafts = [payload] if isinstance(payload, Rejected) else read_events(source, payload, context)
        for draft in drafts:
            completed = build_event(draft, context, keys, rules) if isinstance(draft, Draft) else draft
            if isinstance(completed, Rejected):
                rejections += 1
                fault = {"error_code": completed.error_code, "message": completed.message, "index": index}
                print(json.dumps(fault, ensure_ascii=False), file=sys.stderr)
            elif isinstance(completed, Ignored):
                _print_note(f"item {index} makes no event: {completed.reason}")
            else:
                print(json.dumps(_to_json_object(completed.event), ensure_ascii=False))
            index += 1
    return rejections


def _to_json_object(event: Event) -> dict[str, Any]:
    """Return the event with its times in ISO 8601; a metric that the provider did not report is null."""
    return {name: _encode(getattr(event, name)) for name in _FIELDS}


def _encode(content: Any) -> Any:
    if isinstance(content, datetime):
        return content.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return content


def _read_keys() -> IdentityKeys:
    """Return the keys of BRAIN_HASH_SALT, read as the service reads them, or a development key."""
    text = os.environ.get("BRAIN_HASH_SALT")
    if text:
        return parse_identity_keys(text)
    _print_note("BRAIN_HASH_SALT is not set: ids and pseudonyms are derived with a development key; nothing is stored")
    return IdentityKeys(1, _DEVELOPMENT_KEY)


def _print_note(sentence: str) -> None:
    """Print a note for a person at a terminal; programs that read standard error get rejections only."""
    if sys.stderr.isatty():
        print(f"brain normalize: {sentence}", file=sys.stderr)
