"""``brain recommend``: the next best moves of a scored context, on plain JSON."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from brain.domain.recommendations.advice import advise, as_document
from brain.domain.recommendations.context import read_context
from brain.domain.recommendations.triggers import Triggers
from brain.errors import InvalidInputError
from brain.settings.files import load_config


def recommend(
    file: Annotated[Path | None, typer.Argument(help="The context as JSON; standard input if left out.")] = None,
    limit: Annotated[int | None, typer.Option(help="How many moves at most, 1 to 10.")] = None,
    seed: Annotated[int, typer.Option(help="The seed of the draw; the same seed gives the same moves.")] = 0,
) -> None:
    """Print the next best moves with their reasons, probabilities and the full set they were drawn from."""
    triggers = load_config("triggers", Triggers)
    context = read_context(_parsed(file), triggers.metrics)
    typer.echo(json.dumps(as_document(advise(context, triggers, limit=limit, seed=seed)), indent=2))


def _parsed(file: Path | None) -> object:
    name = str(file) if file else "standard input"
    try:
        text = (file.read_bytes() if file else sys.stdin.buffer.read()).decode("utf-8-sig")
        parsed: object = json.loads(text, parse_constant=_no_constant)
    except OSError as exc:
        raise InvalidInputError(f"Cannot read {name}: {exc.strerror}.") from exc
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as exc:
        raise InvalidInputError(f"{name} is not JSON that can be read: {exc}. Expected one object.") from exc
    return parsed


def _no_constant(name: str) -> object:
    raise InvalidInputError(f"The context holds {name}, which is not a number; leave a metric out when it is unknown.")
