"""Prints the commands of deployment steps, one a line after its step, for ``deploy.sh`` to run or to show."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from brain.cli.deployment import ground, serving
from brain.cli.deployment.functions_yaml import functions_yaml
from brain.cli.deployment.lines import Line
from brain.cli.deployment.target import Target
from brain.errors import BrainError, InvalidInputError
from brain.settings.scheduler import REGION, Scheduler, read_scheduler

INDEXES = Path("firestore.indexes.json")
_PROJECT = re.compile(r"[a-z][a-z0-9-]{4,28}[a-z0-9]")

Step = Callable[[Scheduler, Target, argparse.Namespace], Iterable[Line]]
# In the order of a whole deployment; what decides comes before what changes.
STEPS: dict[str, Step] = {
    "verify": lambda table, _, given: serving.verify(table, given.runtime_python),
    "apis": lambda table, target, _: ground.apis(table, target),
    "secrets": lambda table, target, _: ground.secrets(table, target),
    "accounts": lambda table, target, _: ground.accounts(table, target),
    "database": lambda table, target, _: ground.database(table, target),
    "rules": lambda table, target, _: ground.rules(table, target),
    "ttl": lambda _, target, given: ground.ttl(given.root / INDEXES, target),
    "queues": lambda table, target, _: serving.queues(table, target),
    "functions": lambda table, target, _: serving.functions(table, target),
    "invokers": lambda table, target, _: serving.invokers(table, target),
    "schedules": lambda table, target, _: serving.schedules(table, target),
    "smoke": lambda table, target, _: serving.smoke(table, target),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the steps' lines, or ``functions.yaml``; exit 0, or 2 with what is wrong with the table or the words."""
    given = _parser().parse_args(arguments)
    try:
        table = read_scheduler()
        target = _target(given, table)
        if given.steps == ["functions.yaml"]:
            text = functions_yaml(table, target)
        else:
            text = "".join(f"{s} {line}\n" for s in given.steps for line in STEPS[s](table, target, given))
    except BrainError as error:
        sys.stderr.write(f"deploy: {error.message}\n")
        return 2
    sys.stdout.write(text)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m brain.cli.deploy_plan", description=__doc__)
    parser.add_argument("steps", nargs="+", metavar="STEP", choices=[*STEPS, "functions.yaml"])
    parser.add_argument("--project", required=True)
    parser.add_argument("--project-number", required=True)
    parser.add_argument("--region", help="default: the table's")
    parser.add_argument("--root", type=Path, default=Path(), help="where firestore.indexes.json lies")
    parser.add_argument("--runtime-python", default="build/runtime/bin/python", help="has run-time packages only")
    return parser


def _target(given: argparse.Namespace, table: Scheduler) -> Target:
    """Return the target; raises ``InvalidInputError`` for names that no project or region has."""
    region = given.region or table.region
    if not _PROJECT.fullmatch(given.project):
        raise InvalidInputError(f"--project must be a project id such as my-brain-1, found {given.project!r}")
    if not re.fullmatch(REGION, region):
        raise InvalidInputError(f"--region must be a region such as us-central1, found {region!r}")
    return Target(given.project, given.project_number, region)


if __name__ == "__main__":
    sys.exit(main())
