"""``brain run``: run a scheduled job for all its clients or one, in this process."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from brain.cli.local_brain import open_brain, parse_time, require_client
from brain.cli.options import JsonOption
from brain.cli.printing import print_table, show_progress, to_json
from brain.domain import periods
from brain.errors import InvalidInputError
from brain.repositories import paths
from brain.settings.scheduler import Scheduler, read_scheduler


def run(
    job: Annotated[str, typer.Argument(help="A job's short or deployed name: hourly-scores or brainHourlyScores.")],
    client: Annotated[str | None, typer.Option(help="Run it only for this client.")] = None,
    at: Annotated[str | None, typer.Option(help="The scheduled time (ISO 8601); by default the current hour.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Report what would be written, and write nothing.")] = False,
    json_output: JsonOption = False,
) -> None:
    """Run a scheduled job now.

    A run is identified by its job, client and scheduled time: repeating one that is done changes nothing.
    """
    scheduler = read_scheduler()
    name = _find_job(scheduler, job)
    brain = open_brain()
    if client:
        require_client(brain, client)
    now = brain.clock.now()
    scheduled_at = parse_time(at, "--at") if at else periods.truncate_to_hour(now)
    with show_progress(name) as report:
        answer = brain.run_job(
            name, scheduled_at, client_id=client, dry_run=dry_run, progress=lambda _d, total, _t: report(total=total)
        )
    if json_output:
        print(to_json(answer))
    else:
        _print_answer(answer, name)
        command = f"brain run {scheduler.scheduled[name].short_name}" + (f" --client {client}" if client else "")
        _explain_repeats(answer, command, scheduled_at, now)
    if answer["status"] == "failed":
        raise typer.Exit(1)


def _find_job(scheduler: Scheduler, job: str) -> str:
    name = scheduler.find_job(job)
    if name is None:
        names = ", ".join(row.short_name for row in scheduler.scheduled.values())
        raise InvalidInputError(f"job must be one of {names}, got {job!r}")
    return name


def _print_answer(answer: Mapping[str, Any], job: str) -> None:
    if answer["status"] == "disabled":
        print(
            f"{job} is switched off; set enabled: true in config/brain_features.yaml, or at once in the document "
            f"{paths.feature(job)}"
        )
        return
    clients: Mapping[str, Mapping[str, Any]] = answer.get("clients", {})
    rows = [(client, _format_figures(figures)) for client, figures in clients.items()]
    count = f"{len(clients)} client{'' if len(clients) == 1 else 's'}"
    print_table(f"{job} {answer['status']}, {count}", ("client", "figures"), rows)
    if "dead_letters" in answer:
        print(f"Dead letters: {_format_figures(answer['dead_letters'])}")


def _format_figures(figures: Mapping[str, Any]) -> str:
    """Return the figures as text, without empty ones; they come back sorted by name from a run that was repeated."""
    return "; ".join(
        f"{name.replace('_', ' ')} {_format_figure(figure)}"
        for name, figure in sorted(figures.items())
        if name != "repeated" and figure not in ([], {}, None)
    )


def _format_figure(figure: Any) -> str:
    if isinstance(figure, Mapping):
        return f"({_format_figures(figure)})"
    return ", ".join(map(str, figure)) if isinstance(figure, list | tuple) else str(figure)


def _explain_repeats(answer: Mapping[str, Any], command: str, scheduled_at: datetime, now: datetime) -> None:
    """Say that a run was done before, so that nobody waits for what arrived after it."""
    repeated = [client for client, figures in answer.get("clients", {}).items() if figures.get("repeated")]
    if repeated:
        print(
            f"The run of {scheduled_at:%Y-%m-%dT%H:%MZ} was already done for {', '.join(repeated)}; its figures are "
            f"shown and nothing was changed.\nWhat arrived since then is for the next run; to run now: "
            f"{command} --at {now + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        )
