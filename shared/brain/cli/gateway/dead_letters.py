"""``brain dead-letters``: what could not be taken; operators look, replay and purge."""

import asyncio
from typing import Annotated

import typer

from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, figures, table
from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter
from brain.repositories.gateway.dead_letters import DeadLetters

dead_letters = typer.Typer(help="What could not be taken: list, show, replay, purge.", no_args_is_help=True)
Id = Annotated[str, typer.Argument(help="As `list` shows it.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
COLUMNS = (
    "dead_letter_id", "client_id", "source", "stage", "error_code", "attempts", "first_seen", "last_seen",
    "next_try_at", "parked",
)  # fmt: skip
NARROW = ("dead_letter_id", "client", "error", "tries", "next try")


def _row(letter: DeadLetter) -> list[object]:
    """Return a letter in a line that fits a terminal with its whole id, which the other commands ask for."""
    next_try = f"{letter.next_try_at:%m-%d %H:%M}" if letter.next_try_at else "parked"
    return [letter.dead_letter_id, letter.client_id, letter.error_code, letter.attempts, next_try]


def _shown(letter: DeadLetter) -> dict[str, object]:
    return {name: getattr(letter, name) for name in (*COLUMNS, "retries", "taken", "message", "correlation_id")}


@dead_letters.command("list")
def list_letters(
    client: Annotated[str | None, typer.Option(help="Only this client's.")] = None, json_output: Json = False
) -> None:
    """Show the dead letters, without what is in them."""
    brain = open_brain()
    found = DeadLetters(brain.store).list(brain.clock.now(), client)
    if json_output:
        print(as_json([_shown(letter) for letter in found]))
    else:
        table("Dead letters", NARROW, [_row(letter) for letter in found])


@dead_letters.command()
def show(
    dead_letter_id: Id,
    body: Annotated[
        bool, typer.Option("--body", help="Open the seal and print the original bytes; they may name people.")
    ] = False,
) -> None:
    """Show one, and what reading it again would give now."""
    replay = open_brain().replay
    letter = replay.find(dead_letter_id)
    if body:
        print(replay.sealer.open(letter.sealed).decode("utf-8", "backslashreplace"))
        return
    print(as_json(_shown(letter) | {"preview": replay.preview(letter)}))


@dead_letters.command("replay")
def replay_letter(
    dead_letter_id: Id,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without this only the preview is shown.")] = False,
) -> None:
    """Show what a replay would change; with --yes replay it. Twice is once."""
    brain = open_brain()
    letter = brain.replay.find(dead_letter_id)
    figures("A replay would read", brain.replay.preview(letter), json_output=False)
    if not yes:
        print("Nothing was changed; add --yes to replay.")
        return
    if letter.stage == JOB_STAGE:
        figures("Run again", brain.replay.run_again(letter), json_output=False)
        return
    done = asyncio.run(brain.replay(letter))
    figures("Replayed", done.counts(), json_output=False)
    if done.status >= 400:  # noqa: PLR2004 - HTTP's first error
        raise typer.Exit(1)


@dead_letters.command()
def purge(dead_letter_id: Id, yes: Annotated[bool, typer.Option("--yes", help="Do it.")] = False) -> None:
    """Remove one for good, original bytes and all."""
    brain = open_brain()
    letter = brain.replay.find(dead_letter_id)
    if not yes:
        print("Nothing was changed; add --yes to purge.")
        return
    brain.replay.purge(letter)
    print(f"purged {dead_letter_id}")
