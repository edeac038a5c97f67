"""``brain run``: a job by its deployed or short name, for all its clients or one, in this process."""

from typing import Annotated, Any

import typer

from brain.cli.local_brain import moment, open_brain
from brain.cli.printing import as_json, progress, table
from brain.domain import periods
from brain.errors import InvalidInputError
from brain.settings.scheduler import read_scheduler


def run(
    job: Annotated[str, typer.Argument(help="Such as hourly-scores or brainHourlyScores.")],
    client: Annotated[str | None, typer.Option(help="Only this client.")] = None,
    at: Annotated[str | None, typer.Option(help="The scheduled time (ISO 8601); this hour if left out.")] = None,
    dry_run: Annotated[bool, typer.Option(help="Say what would be written and write nothing.")] = False,
    json_output: Annotated[bool, typer.Option("--json", help="JSON for machines.")] = False,
) -> None:
    """Run a scheduled job here and now; the same scheduled time again changes nothing."""
    scheduler = read_scheduler()
    name = scheduler.job_named(job)
    if name is None:
        known = ", ".join(row.short_name for row in scheduler.scheduled.values())
        raise InvalidInputError(f"expected a job, one of {known}; {job!r} came")
    brain = open_brain()
    when = moment(at, "--at") if at else periods.truncate_to_hour(brain.clock.now())
    with progress(name) as advance:
        answer = brain.run_job(
            name, when, client_id=client, dry_run=dry_run, progress=lambda _d, total, _t: advance(total=total)
        )
    print(as_json(answer)) if json_output else _show(answer)
    if answer["status"] == "failed":
        raise typer.Exit(1)


def _show(answer: dict[str, Any]) -> None:
    clients = answer.get("clients", {})
    rows = [(client, ", ".join(f"{k} {v}" for k, v in figures.items())) for client, figures in clients.items()]
    title = f"{answer.get('job', '')} {answer['status']}, {len(clients)} clients"
    table(title, ("client", "figures"), rows)
