"""``brain evaluate-policy``: what would another policy have earned, judged from a log in a plain file?"""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_rows import csv_rows, number
from brain.cli.printing import print_result
from brain.domain.learning.config import LearningConfig
from brain.domain.policy_evaluation import LoggedRows, evaluate_policy, logged_rows
from brain.domain.statistics.intervals import Interval
from brain.errors import InvalidInputError
from brain.settings.files import load_config

COLUMNS = ("action", "reward", "propensity", "target_probability")
CONTEXT = "context_"


def evaluate_policy_command(
    file: Annotated[Path, typer.Argument(help="CSV with action, reward, propensity, target_probability, context_*.")],
    as_json: Annotated[bool, typer.Option("--json", help="JSON also at a terminal.")] = False,
) -> None:
    """Estimate a policy's mean reward from a log of another one, with an interval, or say that it cannot be told."""
    value = evaluate_policy(_read(file), load_config("brain_learning", LearningConfig).policy_evaluation)
    result = {
        "ips": value.ips,
        "snips": value.snips,
        "dr": value.dr,
        "interval": _listed(value.interval),
        "effective_sample_size": value.effective_sample_size,
        "n": value.n,
        "logged_value": value.logged_value,
        "difference_interval": _listed(value.difference_interval),
        "verdict": value.verdict.value,
    }
    print_result(result, as_json=as_json, explanation=value.reason)


def _read(file: Path) -> LoggedRows:
    columns: dict[str, list[str]] = {}
    numbers: dict[str, list[float]] = {name: [] for name in COLUMNS[1:]}
    for line, row in csv_rows(file, COLUMNS, and_prefix=CONTEXT):
        for name, text in row.items():
            if name in numbers:
                numbers[name].append(number(text, name, file, line))
            else:
                columns.setdefault(name, []).append(text)
    actions = columns.pop("action", [])
    try:
        return logged_rows(actions, numbers["reward"], numbers["propensity"], numbers["target_probability"], columns)
    except InvalidInputError as exc:
        raise InvalidInputError(f"{file}: {exc.message}") from exc


def _listed(interval: Interval | None) -> list[float] | None:
    return list(interval) if interval else None
