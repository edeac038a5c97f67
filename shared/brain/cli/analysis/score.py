"""``brain score``: canonical events on a plain file to scores, the history being the client's earlier events in it."""

from collections.abc import Iterator
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
from brain.errors import InvalidInputError
from brain.settings.files import load_config

_EVENT = TypeAdapter(Event)


def score(
    as_of: Annotated[str, typer.Option(help="The moment the scores are for (ISO 8601).")],
    file: Annotated[Path | None, typer.Argument(help="Events as JSON lines; standard input if left out.")] = None,
) -> None:
    """Print each event's score as a JSON line, in the order in which the events happened."""
    at = parse_time(as_of, "--as-of")
    for event_score in _scores(_events(read_bytes(file)), at):
        print(to_json(event_score))


def _events(body: bytes) -> list[Event]:
    return sorted((_event(n, line) for n, line in enumerate(parse_json_lines(body), 1)), key=_order)


def _order(event: Event) -> tuple[datetime, str]:
    return event.occurred_at, event.event_id


def _event(number: int, line: Any) -> Event:
    if isinstance(line, InvalidInputError):
        raise line
    if not isinstance(line, dict):
        raise InvalidInputError(f"event {number}: expected a JSON object a line")
    given = {name: value for name, value in line.items() if value is not None}
    given.setdefault("event_id", f"line-{number}")
    given.setdefault("received_at", given.get("occurred_at"))
    given.setdefault("feed_type", "custom")
    try:
        return _EVENT.validate_python(given)
    except ValidationError as exc:
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors(include_url=False))
        raise InvalidInputError(f"event {number}: {faults}") from exc


def _scores(events: list[Event], at: datetime) -> Iterator[dict[str, Any]]:
    from dataclasses import asdict

    config = load_config("brain_scoring", ScoringConfig)
    scorers: dict[str, Scorer] = {}
    for event in events:
        scorer = scorers.setdefault(
            event.client_id, Scorer({}, Weights(), as_of=at, time_zone=ZoneInfo("UTC"), config=config)
        )
        yield asdict(scorer.score_all([event])[0].score)
