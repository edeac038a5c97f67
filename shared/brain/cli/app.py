"""The ``brain`` command; each subcommand lives in a module that is imported only when it runs."""

import importlib
import inspect
import re
import sys
from importlib.metadata import version
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup


class CommandSpec(NamedTuple):
    """Where a subcommand is defined (``module`` under ``brain.cli``), and how ``brain --help`` presents it."""

    panel: str
    module: str
    attribute: str  # a function, or a typer.Typer for a group of subcommands
    help: str


START: Final = "Start here"
GATEWAY: Final = "Ingest"
JOBS: Final = "Jobs"
ANALYSIS: Final = "Analyse files"
RETAIL: Final = "The shop"
COMMANDS: Final[dict[str, CommandSpec]] = {
    "demo": CommandSpec(START, "demo.command", "demo", "Run a simulated agency and shop through the whole service"),
    "serve": CommandSpec(START, "serve", "serve", "Serve ingest, API, jobs and reports on this machine"),
    "doctor": CommandSpec(START, "doctor", "doctor", "Check what is missing on this machine, and how to fix it"),
    "clients": CommandSpec(
        GATEWAY, "gateway.clients", "clients", "Manage clients: name, time zone, currency, stores, alarm budget"
    ),
    "keys": CommandSpec(GATEWAY, "gateway.keys", "keys", "Create, list, rotate and revoke API keys for senders"),
    "senders": CommandSpec(
        GATEWAY, "gateway.senders", "senders", "List providers that sign their requests, and how to set their secrets"
    ),
    "ingest": CommandSpec(GATEWAY, "gateway.ingest", "ingest", "Store the events of a file, as if they were posted"),
    "normalize": CommandSpec(
        GATEWAY, "gateway.normalize", "normalize", "Print the events in a provider's payload; stores nothing"
    ),
    "maps": CommandSpec(GATEWAY, "gateway.maps", "maps", "List, propose and set field maps, by which rows are read"),
    "dead-letters": CommandSpec(
        GATEWAY, "gateway.dead_letters", "dead_letters", "List, show, replay and purge dead letters"
    ),
    "warnings": CommandSpec(GATEWAY, "gateway.warnings", "warnings", "List what a client should look at in its feeds"),
    "reconcile": CommandSpec(
        GATEWAY, "gateway.reconcile", "reconcile", "Verify that every received event is accounted for"
    ),
    "erase": CommandSpec(GATEWAY, "gateway.erase", "erase", "Erase a person from everything stored for a client"),
    "run": CommandSpec(JOBS, "jobs.run", "run", "Run a scheduled job now"),
    "score": CommandSpec(ANALYSIS, "analysis.score", "score", "Score events"),
    "detect": CommandSpec(ANALYSIS, "analysis.detect", "detect", "Detect anomalies in a series within an alarm budget"),
    "predict": CommandSpec(
        ANALYSIS, "analysis.predict", "predict", "Predict the results of planned content, with intervals"
    ),
    "recommend": CommandSpec(ANALYSIS, "analysis.recommend", "recommend", "Recommend next best moves"),
    "compare": CommandSpec(
        ANALYSIS, "analysis.compare", "compare", "Compare champion and challenger (anytime-valid test)"
    ),
    "evaluate-policy": CommandSpec(
        ANALYSIS,
        "analysis.evaluate_policy",
        "evaluate_policy_command",
        "Estimate what another policy would earn",
    ),
    "gold": CommandSpec(ANALYSIS, "analysis.gold", "gold", "Check the scores against the gold standards"),
    "retail": CommandSpec(
        RETAIL, "retail.app", "retail", "Analyse and forecast a shop: sales, weather, events, decisions"
    ),
}


class LazyGroup(TyperGroup):
    """A group that imports a subcommand's module only to run it, so that ``--help`` and completion stay quick."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the subcommands in the order of the table."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """Return the subcommand of that name, or None."""
        del ctx
        return _load(cmd_name) if cmd_name in COMMANDS else None

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Write the help from the table alone."""
        outline = TyperGroup(
            name=self.name,
            help=_join_lines(self.help),
            params=self.params,
            rich_markup_mode=self.rich_markup_mode,
            commands={name: _summarize(name, spec) for name, spec in COMMANDS.items()},
        )
        outline.format_help(ctx, formatter)


def _summarize(name: str, spec: CommandSpec) -> TyperCommand:
    return TyperCommand(name, help=spec.help, rich_help_panel=spec.panel)


def _load(name: str) -> Any:
    spec = COMMANDS[name]
    target: Any = getattr(importlib.import_module(f"brain.cli.{spec.module}"), spec.attribute)
    if isinstance(target, typer.Typer):
        command: Any = typer.main.get_command(target)
    else:
        holder = typer.Typer(add_completion=False)
        holder.command(name=name)(target)
        command = typer.main.get_command(holder)
    command.name = name
    command.short_help = spec.help
    for part in (command, *getattr(command, "commands", {}).values()):
        part.help = _join_lines(part.help)
    return command


def _join_lines(text: str | None) -> str:
    """Join the lines of each paragraph of a help text, which would otherwise break where the source's lines end."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(text or ""))


app = typer.Typer(cls=LazyGroup, pretty_exceptions_enable=False, no_args_is_help=True)


def _print_version(requested: bool) -> None:
    if requested:
        print(f"brain {version('brain')}")
        raise typer.Exit


@app.callback()
def root(
    _: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Score marketing events and shop sales hourly, learn daily, report weekly, and state the certainty of each result.

    Commands read and write the store named by BRAIN_STORE (default: sqlite:///.brain/brain.db). Exit codes: 0 success,
    1 the work found faults, 2 wrong usage or input.
    """


def main() -> None:
    """Run the command line."""
    from brain.cli.failures import run_app

    sys.exit(run_app(app))
