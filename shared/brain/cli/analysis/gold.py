"""``brain gold``: check the scores against the gold standards."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from brain.cli.gateway.payload_files import describe_source, read_text
from brain.domain.events import Event
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.state import state_from_document
from brain.domain.scoring import DEFAULT_WEIGHTS, PlatformHistory, Score, ScoringConfig, Weights, score
from brain.domain.scoring.gold_standards import CaseResult, GoldStandards, check_cases, list_failed_ids
from brain.errors import InvalidInputError
from brain.settings.files import load_config


def gold(
    model: Annotated[
        Path | None,
        typer.Option(help="A JSON file with learned weights to check instead of the defaults; - reads standard input."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
) -> None:
    """Check the scores against the gold standards.

    Gold standards are scores calculated by hand
    (config/brain_benchmarks.yaml). Learned weights are the field `state`
    of the document system/brain/models/score. The output is a line per
    standard; the exit code is 1 if one fails.
    """
    config = load_config("brain_scoring", ScoringConfig)

    def score_event(event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        return score(event, history, weights, as_of=as_of, config=config)

    weights = _read_weights(model) if model else DEFAULT_WEIGHTS
    results = check_cases(load_config("brain_benchmarks", GoldStandards).cases, score_event, weights)
    for case_result in results:
        typer.echo(_to_json(case_result) if as_json else _format_line(case_result))
    failed_ids = list_failed_ids(results)
    if failed_ids:
        typer.echo(f"{len(failed_ids)} of {len(results)} gold standards failed: {', '.join(failed_ids)}", err=True)
        raise typer.Exit(1)


def _read_weights(model: Path) -> Weights:
    try:
        document = json.loads(read_text(model))
    except ValueError as exc:
        raise InvalidInputError(f"{describe_source(model)} must be JSON, got {exc}; correct it") from exc
    return state_from_document(document, load_config("brain_learning", LearningConfig)).to_weights()


def _format_line(case_result: CaseResult) -> str:
    case = case_result.case
    if case_result.passed:
        return f"ok    {case.id}: {case.why}"
    return f"FAIL  {case.id}: {'; '.join(case_result.failures)} ({case.why})"


def _to_json(case_result: CaseResult) -> str:
    failures = list(case_result.failures)
    return json.dumps({"id": case_result.case.id, "passed": case_result.passed, "failures": failures})
