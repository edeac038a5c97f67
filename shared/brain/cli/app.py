"""The table of commands; each lives in a module of its own that is imported only when it is called."""

import importlib
import sys
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperGroup

# command -> (module under brain.cli, attribute: a function, or a typer.Typer for a group of commands, help)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "demo": ("demo.command", "demo", "A seeded agency through the whole loop, planted beside learned"),
    "serve": ("serve", "serve", "Every function on one port of this machine"),
    "ingest": ("gateway.ingest", "ingest", "A file through the same service into the store"),
    "clients": ("gateway.clients", "clients", "Who is served: name, time zone, currency, stores"),
    "keys": ("gateway.keys", "keys", "API keys for senders"),
    "senders": ("gateway.senders", "senders", "Providers that sign for themselves, and how to set their secrets"),
    "run": ("jobs.run", "run", "A scheduled job, here and now"),
    "score": ("analysis.score", "score", "Events to scores, on plain files"),
    "reconcile": ("gateway.reconcile", "reconcile", "That nothing that came in was lost"),
    "erase": ("gateway.erase", "erase", "A person out of all that is stored of a client, with a receipt"),
    "dead-letters": ("gateway.dead_letters", "dead_letters", "What could not be taken: list, show, replay, purge"),
    "doctor": ("doctor", "doctor", "What is missing on this machine, and how to mend it"),
    "normalize": ("gateway.normalize", "normalize", "A provider's payload to events, on plain files"),
    "recommend": ("analysis.recommend", "recommend", "The next best moves of a scored context"),
    "retail": ("retail.app", "retail", "The shop's brain: sales, weather and events to findings and forecasts"),
    "detect": ("analysis.detect", "detect", "What is unusual in a series, within an alarm budget, on plain files"),
    "predict": ("analysis.predict", "predict", "Expected engagement of planned content, with intervals"),
    "compare": ("analysis.compare", "compare", "May the challenger take over? Evidence that survives every look"),
    "evaluate-policy": ("analysis.evaluate_policy", "evaluate_policy_command", "What another policy would have earned"),
    "gold": ("analysis.gold", "gold", "The gold standards, one line each"),
}


def _load(name: str) -> Any:
    module, attribute, help_text = COMMANDS[name]
    loaded: Callable[..., Any] | typer.Typer = getattr(importlib.import_module(f"brain.cli.{module}"), attribute)
    if isinstance(loaded, typer.Typer):
        return typer.main.get_command(loaded)
    holder = typer.Typer(add_completion=False)
    holder.command(name=name, help=loaded.__doc__ or help_text)(loaded)
    return typer.main.get_command(holder)


class LazyGroup(TyperGroup):
    """A group that imports a command's module only when the command is used, so that ``--help`` stays quick."""

    def list_commands(self, _ctx: Any) -> list[str]:
        """Return the commands in the table's order."""
        return list(COMMANDS)

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """Return the command of that name or None."""
        if cmd_name not in COMMANDS:
            return None
        command = _load(cmd_name)
        command.short_help = COMMANDS[cmd_name][2]
        return command


app = typer.Typer(
    cls=LazyGroup, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True, help=__doc__
)


@app.callback()
def _root() -> None:
    """The Brain: scores hourly, learns daily, reports weekly, and says how sure it is."""


def main() -> None:
    """Run the command line; exit 0 done, 1 the work found faults, 2 wrong usage."""
    from brain.cli.failures import explained

    sys.exit(explained(app))
