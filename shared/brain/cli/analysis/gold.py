"""``brain gold``: runs the gold standards, one line each, and names those that fail."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from brain.domain.events import Event
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.state import state_from_document
from brain.domain.scoring import DEFAULT_WEIGHTS, PlatformHistory, Score, ScoringConfig, Weights, score
from brain.domain.scoring.gold_standards import CaseResult, GoldStandards, check_cases, list_failed_ids
from brain.errors import InvalidInputError
from brain.settings.files import load_config


def gold(
    model: Annotated[
        Path | None, typer.Option(help="A model's learned state as JSON, instead of the defaults.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Check the score, and a model's weights, against scores calculated by hand; exit 1 when one fails."""
    config = load_config("brain_scoring", ScoringConfig)

    def scored(event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        return score(event, history, weights, as_of=as_of, config=config)

    weights = _learned(model) if model else DEFAULT_WEIGHTS
    results = check_cases(load_config("brain_benchmarks", GoldStandards).cases, scored, weights)
    for result in results:
        typer.echo(_as_json(result) if as_json else _line(result))
    failed = list_failed_ids(results)
    if failed:
        typer.echo(f"{len(failed)} of {len(results)} gold standards failed: {', '.join(failed)}", err=True)
        raise typer.Exit(1)


def _learned(model: Path) -> Weights:
    try:
        document = json.loads(model.read_bytes())
    except OSError as exc:
        raise InvalidInputError(f"cannot read {model}: {exc.strerror}") from exc
    except ValueError as exc:
        raise InvalidInputError(f"{model} is not JSON: {exc}") from exc
    return state_from_document(document, load_config("brain_learning", LearningConfig)).to_weights()


def _line(result: CaseResult) -> str:
    if result.passed:
        return f"ok    {result.case.id}: {result.case.why}"
    return f"FAIL  {result.case.id}: {'; '.join(result.failures)} ({result.case.why})"


def _as_json(result: CaseResult) -> str:
    return json.dumps({"id": result.case.id, "passed": result.passed, "failures": list(result.failures)})
