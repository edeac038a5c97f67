"""``brain score``: score the events of a file."""

from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from pydantic import TypeAdapter, ValidationError

from brain.cli.gateway.payload_files import read_bytes
from brain.cli.local_brain import parse_time
from brain.cli.printing import to_json
from brain.domain.days.scorer import Scorer
from brain.domain.events import Event
from brain.domain.json_text import parse_json_lines
from brain.domain.scoring import ScoringConfig, Weights
from brain.domain.types import explain_validation_error
from brain.errors import InvalidInputError
from brain.settings.files import load_config

_EVENT = TypeAdapter(Event)


def score(
    as_of: Annotated[str, typer.Option(help="The time of the scores, in ISO 8601 with an offset.")],
    file: Annotated[
        Path | None, typer.Argument(help="Canonical events as JSON lines; - or nothing reads standard input.")
    ] = None,
) -> None:
    """Score events.

    Each line is a JSON object with client_id, occurred_at (ISO 8601) and
    the event's metrics, such as engagements, impressions and
    audience_size; `brain normalize` prints a provider's payload in this
    format. event_id, received_at and feed_type may be left out.

    The output is one JSON score per line, in order of time. An event's
    history is the earlier events of its client in the file.
    """
    scored_at = parse_time(as_of, "--as-of")
    for event_score in _score_events(_read_events(file), scored_at):
        print(to_json(event_score))


def _read_events(file: Path | None) -> list[Event]:
    lines = parse_json_lines(read_bytes(file))
    return sorted((_parse_event(number, line) for number, line in enumerate(lines, 1)), key=_order)


def _order(event: Event) -> tuple[datetime, str]:
    return event.occurred_at, event.event_id


def _parse_event(number: int, line: Any) -> Event:
    if isinstance(line, InvalidInputError):
        raise line
    if not isinstance(line, dict):
        raise InvalidInputError(f"event {number} must be a JSON object, got {str(line)[:40]!r}")
    fields = {name: content for name, content in line.items() if content is not None}
    fields.setdefault("event_id", f"line-{number}")
    fields.setdefault("received_at", fields.get("occurred_at"))
    fields.setdefault("feed_type", "custom")
    try:
        return _EVENT.validate_python(fields)
    except ValidationError as exc:
        reasons = explain_validation_error(exc, document="the event", hide_values=True)
        raise InvalidInputError(f"event {number}: {reasons}; correct the line") from exc


def _score_events(events: list[Event], as_of: datetime) -> Iterator[dict[str, Any]]:
    config = load_config("brain_scoring", ScoringConfig)
    scorers: dict[str, Scorer] = {}
    for event in events:
        if event.client_id not in scorers:
            scorers[event.client_id] = Scorer({}, Weights(), as_of=as_of, time_zone=ZoneInfo("UTC"), config=config)
        yield asdict(scorers[event.client_id].score_all([event])[0].score)
