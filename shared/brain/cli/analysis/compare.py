"""``brain compare``: may the challenger take over from the champion, on their errors in a plain file?"""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_rows import csv_rows, number
from brain.cli.printing import print_result
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import Comparison
from brain.errors import InvalidInputError
from brain.settings.files import load_config

COLUMNS = ("champion_error", "challenger_error")


def compare(
    file: Annotated[Path, typer.Argument(help="CSV with champion_error and challenger_error, in order of time.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON also at a terminal.")] = False,
) -> None:
    """Say promote, keep or continue, by evidence that holds however often one looks at it."""
    comparison = Comparison(load_config("brain_learning", LearningConfig).promotion)
    for line, row in csv_rows(file, COLUMNS):
        errors = [number(row[name], name, file, line) for name in COLUMNS]
        try:
            comparison.observe(*errors)
        except InvalidInputError as exc:
            raise InvalidInputError(f"{file}, line {line}: {exc.message}") from exc
    verdict = comparison.verdict()
    result = {
        "decision": verdict.decision.value,
        "n": verdict.n,
        "improvement": verdict.improvement,
        "interval": list(verdict.interval) if verdict.interval else None,
        "decided_at": verdict.decided_at,
    }
    print_result(result, as_json=as_json, explanation=verdict.reason)
