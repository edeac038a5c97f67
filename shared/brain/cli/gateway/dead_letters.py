"""``brain dead-letters``: list, show, replay and purge what authenticated senders sent and ingest could not accept."""

import asyncio
from collections import Counter
from datetime import datetime
from typing import Annotated

import typer

from brain.cli.local_brain import open_brain, require_client
from brain.cli.options import JsonOption
from brain.cli.printing import print_figures, print_table, to_json
from brain.domain.gateway.dead_letters import SCORE_STAGE, DeadLetter
from brain.domain.gateway.results import IngestResult
from brain.errors import BrainError
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway.replay_dead_letter import ReplayDeadLetter

dead_letters = typer.Typer(
    help="List, show, replay and purge dead letters.", no_args_is_help=True, add_completion=False
)
DeadLetterId = Annotated[str, typer.Argument(help="The dead letter's id, as `brain dead-letters list` shows it.")]
FIELDS = (
    "dead_letter_id", "client_id", "source", "stage", "error_code", "attempts", "first_seen", "last_seen",
    "next_try_at", "retries", "taken", "message", "correlation_id",
)  # fmt: skip
PREVIEW_TITLE = "A replay would read"
STAYS = "The dead letter stays in the queue."
COLUMNS = ("dead letter", "client, feed", "last seen", "next try", "reason")  # fits 80 characters


def _to_row(letter: DeadLetter) -> list[object]:
    origin = f"{letter.client_id}, {letter.source}"
    last_seen = f"{letter.last_seen:%m-%d %H:%M}"
    return [letter.dead_letter_id, origin, last_seen, _format_next_try(letter), letter.error_code]


def _format_next_try(letter: DeadLetter) -> str:
    return f"{letter.next_try_at:%m-%d %H:%M}" if letter.next_try_at else "parked"


def _format_field(content: object) -> object:
    return f"{content:%Y-%m-%d %H:%M} UTC" if isinstance(content, datetime) else content


def _to_json_object(letter: DeadLetter) -> dict[str, object]:
    return {name: getattr(letter, name) for name in FIELDS} | {"parked": letter.next_try_at is None}


@dead_letters.command("list")
def list_letters(
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None, json_output: JsonOption = False
) -> None:
    """List the dead letters: id, client, feed, time (UTC), tries and reason, without their contents."""
    brain = open_brain()
    if client is not None:
        require_client(brain, client)
    letters = DeadLetters(brain.store).list(brain.clock.now(), client)
    if json_output:
        print(to_json([_to_json_object(letter) for letter in letters]))
    else:
        print_table("Dead letters", COLUMNS, [_to_row(letter) for letter in letters])


@dead_letters.command()
def show(
    dead_letter_id: DeadLetterId,
    body: Annotated[
        bool, typer.Option("--body", help="Decrypt and print the original bytes; they may name people.")
    ] = False,
    json_output: JsonOption = False,
) -> None:
    """Show a dead letter, and what replaying it would read now; only the replay itself tries to store it."""
    replay = open_brain().replay
    letter = replay.find(dead_letter_id)
    if body:
        print(replay.sealer.open(letter.sealed).decode("utf-8", "backslashreplace"))
        return
    preview = replay.preview(letter)
    if json_output:
        print(to_json(_to_json_object(letter) | {"preview": preview}))
        return
    fields = {name: _format_field(getattr(letter, name)) for name in FIELDS} | {"next_try_at": _format_next_try(letter)}
    print_figures("Dead letter", fields, json_output=False)
    print_figures(PREVIEW_TITLE, preview, json_output=False)


@dead_letters.command("replay")
def replay_letter(
    dead_letter_id: DeadLetterId,
    yes: Annotated[bool, typer.Option("--yes", help="Replay it; without this, only the preview is shown.")] = False,
) -> None:
    """Preview a replay, or replay with --yes; replaying twice changes nothing. Exit 1 when something failed again."""
    brain = open_brain()
    letter = brain.replay.find(dead_letter_id)
    print_figures(PREVIEW_TITLE, brain.replay.preview(letter), json_output=False)
    if not yes:
        print("Nothing was changed; add --yes to replay.")
    elif letter.is_work:
        _repeat_work(brain.replay, letter)
    else:
        _print_replay(asyncio.run(brain.replay(letter)))


def _repeat_work(replay: ReplayDeadLetter, letter: DeadLetter) -> None:
    try:
        figures = replay.repeat_work(letter)
    except BrainError as error:
        print(f"{letter.source} of {letter.client_id} failed again, {error.code}: {error.message}\n{STAYS}")
        raise typer.Exit(1) from error
    title = "Scored by the next hourly run" if letter.stage == SCORE_STAGE else "Run again"
    print_figures(title, figures, json_output=False)
    if figures["status"] == "stopped":
        print(f"The run stopped at its time limit; replay it again to continue it. {STAYS}")
        raise typer.Exit(1)


def _print_replay(ingested: IngestResult) -> None:
    figures = ingested.count_outcomes() | {"conflicts": ingested.conflict_count}
    print_figures("Replayed", figures, json_output=False)
    failures = Counter(f"{item.error_code}: {item.message}" for item in ingested.items if item.error_code)
    for reason, count in failures.items():
        print(f"{count} of {len(ingested.items)} not stored, {reason}")
    if not ingested.is_final:
        print(STAYS)
    if failures:
        raise typer.Exit(1)


@dead_letters.command()
def purge(dead_letter_id: DeadLetterId, yes: Annotated[bool, typer.Option("--yes", help="Remove it.")] = False) -> None:
    """Remove a dead letter and its original bytes for good."""
    brain = open_brain()
    letter = brain.replay.find(dead_letter_id)
    if not yes:
        print("Nothing was changed; add --yes to purge.")
        return
    brain.replay.purge(letter)
    print(f"purged {dead_letter_id}")
