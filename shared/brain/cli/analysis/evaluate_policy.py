"""``brain evaluate-policy``: estimate what another policy would earn, from a log of decisions."""

from pathlib import Path
from typing import Annotated

import typer

from brain.cli.analysis.csv_input import parse_number, read_csv_rows
from brain.cli.gateway.payload_files import describe_source
from brain.cli.options import JsonOption
from brain.cli.printing import print_result
from brain.domain.learning.config import LearningConfig
from brain.domain.policy_evaluation import PolicyLog, build_policy_log, evaluate_policy
from brain.domain.statistics.intervals import Interval
from brain.errors import InvalidInputError
from brain.settings.files import load_config

REQUIRED_COLUMNS = ("action", "reward", "propensity", "target_probability")
CONTEXT_PREFIX = "context_"


def evaluate_policy_command(
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns action,reward,propensity,target_probability and any context_*; "
            "- reads standard input."
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Estimate what another policy would earn (off-policy evaluation).

    Each row of the CSV is one decision: the action, its reward, the
    probability with which it was taken (propensity), and the probability
    that the policy under evaluation gives to the same action. Columns
    that start with context_ describe what was known before the decision.
    Other columns are ignored.

    The output has the mean reward by three estimators (ips, snips, dr),
    an interval, and a verdict: better, worse, cannot tell, or not enough
    data.
    """
    policy_value = evaluate_policy(_read_log(file), load_config("brain_learning", LearningConfig).policy_evaluation)
    figures = {
        "ips": policy_value.ips,
        "snips": policy_value.snips,
        "dr": policy_value.dr,
        "interval": _to_list(policy_value.interval),
        "effective_sample_size": policy_value.effective_sample_size,
        "n": policy_value.n,
        "logged_value": policy_value.logged_value,
        "difference_interval": _to_list(policy_value.difference_interval),
        "verdict": policy_value.verdict.value,
    }
    print_result(figures, as_json=as_json, explanation=policy_value.reason)


def _read_log(file: Path) -> PolicyLog:
    contexts: dict[str, list[str]] = {}
    actions: list[str] = []
    numbers: dict[str, list[float]] = {name: [] for name in REQUIRED_COLUMNS[1:]}
    for line, row in read_csv_rows(file, REQUIRED_COLUMNS, prefix=CONTEXT_PREFIX):
        actions.append(row.pop("action"))
        for name, text in row.items():
            if name in numbers:
                numbers[name].append(parse_number(text, name, file, line))
            else:
                contexts.setdefault(name, []).append(text)
    try:
        return build_policy_log(
            actions, numbers["reward"], numbers["propensity"], numbers["target_probability"], contexts
        )
    except InvalidInputError as exc:
        raise InvalidInputError(f"{describe_source(file)}: {exc.message}") from exc


def _to_list(interval: Interval | None) -> list[float] | None:
    return list(interval) if interval else None
