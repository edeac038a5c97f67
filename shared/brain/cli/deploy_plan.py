"""Print the commands of deployment steps, one per line after the step, for ``deploy.sh`` to run or to show."""

import argparse
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from brain.cli.deployment import function_steps, project_steps
from brain.cli.deployment.deployment_target import DeploymentTarget
from brain.cli.deployment.functions_yaml import render_functions_yaml
from brain.cli.deployment.plan_lines import PlanLine
from brain.errors import BrainError, InvalidInputError
from brain.settings.scheduler import REGION, Scheduler, read_scheduler

INDEXES = Path("firestore.indexes.json")
FUNCTIONS_YAML = "functions.yaml"
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")
_PROJECT_NUMBER = re.compile(r"[0-9]{1,20}|PROJECT_NUMBER")  # the latter in a plan made without the cloud


class PlanStep(Protocol):
    """Plans one deployment step."""

    def __call__(
        self, table: Scheduler, target: DeploymentTarget, options: argparse.Namespace, /
    ) -> Iterable[PlanLine]:
        """Return the lines of the step."""


# In the order of a whole deployment: steps that check come before steps that change anything.
STEPS: Mapping[str, PlanStep] = {
    "verify": lambda table, _target, options: function_steps.verify_staged(table, options.runtime_python),
    "apis": lambda table, target, _: project_steps.enable_apis(table, target),
    "secrets": lambda table, target, _: project_steps.require_secrets(table, target),
    "accounts": lambda table, target, _: project_steps.create_accounts(table, target),
    "database": lambda table, target, _: project_steps.create_database(table, target),
    "rules": lambda table, target, _: project_steps.deploy_rules(table, target),
    "ttl": lambda _, target, options: project_steps.enable_expiry(options.root / INDEXES, target),
    "queues": lambda table, target, _: function_steps.configure_queues(table, target),
    "functions": lambda table, target, _: function_steps.deploy_functions(table, target),
    "invokers": lambda table, target, _: function_steps.grant_invokers(table, target),
    "schedules": lambda table, target, _: function_steps.configure_schedules(table, target),
    "alerts": lambda _table, target, _: function_steps.configure_alerts(target),
    "smoke": lambda table, target, _: function_steps.run_smoke_tests(table, target),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the lines of the steps or ``functions.yaml``; exit 0, or 2 if the table or an argument is invalid."""
    options = _build_parser().parse_args(arguments)
    try:
        table = read_scheduler()
        target = _build_target(options, table)
        text = _render(options, table, target)
    except BrainError as error:
        sys.stderr.write(f"deploy: {error.message}\n")
        return 2
    sys.stdout.write(text)
    return 0


def _render(options: argparse.Namespace, table: Scheduler, target: DeploymentTarget) -> str:
    if FUNCTIONS_YAML not in options.steps:
        return "".join(f"{step} {line}\n" for step in options.steps for line in STEPS[step](table, target, options))
    if len(options.steps) > 1:
        raise InvalidInputError(f"{FUNCTIONS_YAML} must be the only argument, got {', '.join(options.steps)}")
    return render_functions_yaml(table, target)


def _build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brain.cli.deploy_plan", description=__doc__)
    parser.add_argument("steps", nargs="+", metavar="STEP", choices=[*STEPS, FUNCTIONS_YAML])
    parser.add_argument("--project", required=True)
    parser.add_argument("--project-number", required=True)
    parser.add_argument("--region", help="default: the region of the table")
    parser.add_argument("--root", type=Path, default=Path(), help="the folder of firestore.indexes.json")
    parser.add_argument(
        "--runtime-python",
        default="build/runtime/bin/python",
        help="the interpreter with the run-time dependencies only",
    )
    return parser


def _build_target(options: argparse.Namespace, table: Scheduler) -> DeploymentTarget:
    """Return the target; raises ``InvalidInputError`` for an invalid project, project number or region."""
    region = options.region or table.region
    if not _PROJECT.fullmatch(options.project):
        raise InvalidInputError(f"--project must be a project id such as my-brain-1, got {options.project!r}")
    if not _PROJECT_NUMBER.fullmatch(options.project_number):
        raise InvalidInputError(f"--project-number must consist of digits, got {options.project_number!r}")
    if not re.fullmatch(REGION, region):
        raise InvalidInputError(f"--region must be a region such as us-central1, got {region!r}")
    return DeploymentTarget(options.project, options.project_number, region)


if __name__ == "__main__":
    sys.exit(main())
