"""``brain compare``: compare champion and challenger on paired errors, with an anytime-valid test."""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_input import parse_number, read_csv_rows
from brain.cli.gateway.payload_files import describe_source
from brain.cli.options import JsonOption
from brain.cli.printing import print_result
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import ModelComparison
from brain.errors import InvalidInputError
from brain.settings.files import load_config

REQUIRED_COLUMNS = ("champion_error", "challenger_error")


def compare(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with the columns champion_error,challenger_error; - reads standard input."),
    ],
    as_json: JsonOption = False,
) -> None:
    """Compare champion and challenger (anytime-valid test).

    Each row of the CSV holds the errors of both models on one outcome, as
    numbers from 0, in order of time. Other columns are ignored. The
    decision is promote, keep or continue. It stays valid however often
    you repeat the test as rows are added.
    """
    comparison = ModelComparison(load_config("brain_learning", LearningConfig).promotion)
    for line, row in read_csv_rows(file, REQUIRED_COLUMNS):
        champion_error, challenger_error = (parse_number(row[name], name, file, line) for name in REQUIRED_COLUMNS)
        try:
            comparison.observe(champion_error, challenger_error)
        except InvalidInputError as exc:
            raise InvalidInputError(f"{describe_source(file)}, line {line}: {exc.message}") from exc
    verdict = comparison.verdict()
    figures = {
        "decision": verdict.decision.value,
        "n": verdict.n,
        "improvement": verdict.improvement,
        "interval": list(verdict.interval) if verdict.interval else None,
        "decided_at": verdict.decided_at,
    }
    print_result(figures, as_json=as_json, explanation=verdict.reason)
