"""``brain run``: run a scheduled job for all its clients or one, in this process."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from brain.cli.local_brain import open_brain, parse_time
from brain.cli.options import JsonOption
from brain.cli.printing import print_table, show_progress, to_json
from brain.domain import periods
from brain.errors import InvalidInputError
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
    now = brain.clock.now()
    scheduled_at = parse_time(at, "--at") if at else periods.truncate_to_hour(now)
    with show_progress(name) as report:
        answer = brain.run_job(
            name, scheduled_at, client_id=client, dry_run=dry_run, progress=lambda _d, total, _t: report(total=total)
        )
    if json_output:
        print(to_json(answer))
    else:
        _print_answer(answer)
        _explain_repeats(answer, scheduler.scheduled[name].short_name, scheduled_at, now)
    if answer["status"] == "failed":
        raise typer.Exit(1)


def _find_job(scheduler: Scheduler, job: str) -> str:
    name = scheduler.find_job(job)
    if name is None:
        names = ", ".join(row.short_name for row in scheduler.scheduled.values())
        raise InvalidInputError(f"job must be one of {names}; got {job!r}")
    return name


def _print_answer(answer: Mapping[str, Any]) -> None:
    clients: Mapping[str, Mapping[str, Any]] = answer.get("clients", {})
    rows = [
        (client, ", ".join(f"{name} {figure}" for name, figure in figures.items() if name != "repeated"))
        for client, figures in clients.items()
    ]
    print_table(f"{answer.get('job', '')} {answer['status']}, {len(clients)} clients", ("client", "figures"), rows)


def _explain_repeats(answer: Mapping[str, Any], job: str, scheduled_at: datetime, now: datetime) -> None:
    """Say that a run was done before, so that nobody waits for what arrived after it."""
    repeated = [client for client, figures in answer.get("clients", {}).items() if figures.get("repeated")]
    if repeated:
        print(
            f"The run of {scheduled_at:%Y-%m-%dT%H:%MZ} was already done for {', '.join(repeated)}; its figures are "
            f"shown and nothing was changed.\nWhat arrived since then is for the next run; to run now: "
            f"brain run {job} --at {now + timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"
        )
