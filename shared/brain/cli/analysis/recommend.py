"""``brain recommend``: recommend the next best moves for a context in a JSON file."""

import json
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.gateway.payload_files import describe_source, read_text
from brain.domain.recommendations.advice import advise
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.context import parse_context
from brain.errors import InvalidInputError
from brain.settings.files import load_config


def recommend(
    file: Annotated[
        Path | None, typer.Argument(help="A JSON file with the context; - or nothing reads standard input.")
    ] = None,
    limit: Annotated[int | None, typer.Option(help="The maximum number of moves, from 1 to 10.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the random draw: the same seed gives the same moves.")] = 0,
) -> None:
    """Recommend next best moves.

    The context is one JSON object with client_id, as_of (ISO 8601),
    metrics (numbers by name), confidence (0 to 1), and what else is known
    of the client; docs/how-it-recommends.md lists all fields.

    The output is JSON with the moves, their reasons and propensities, and
    the full set they were drawn from.
    """
    catalogue = load_config("triggers", MoveCatalogue)
    context = parse_context(_read_json(file), catalogue.metrics)
    typer.echo(json.dumps(advise(context, catalogue, limit=limit, seed=seed).to_document(), indent=2))


def _read_json(file: Path | None) -> object:
    try:
        parsed: object = json.loads(read_text(file), parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError) as exc:
        raise InvalidInputError(f"{describe_source(file)} must be a JSON object, got {exc}; correct it") from exc
    return parsed


def _refuse_constant(name: str) -> object:
    raise InvalidInputError(f"numbers of the context must be finite, got {name}; leave out unknown metrics")
