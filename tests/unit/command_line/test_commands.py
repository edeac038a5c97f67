"""Commands as people read them: keys, jobs, scores, the set-up, and progress without a terminal."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from unit.command_line.conftest import RunCommand

from brain.cli.local_brain import open_brain
from brain.cli.printing import show_progress
from brain.errors import MisconfiguredError, StoreUnavailableError
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.runs import Runs
from brain.services.jobs.perform import Perform

CLIENT = ("--client", "acme")
EVENT = {"client_id": "acme", "occurred_at": "2026-11-20T08:00:00Z", "platform": "linkedin", "likes": 3}


@pytest.fixture
def acme(run_brain: RunCommand) -> RunCommand:
    """The command line of a machine with one client."""
    assert run_brain("clients", "set", *CLIENT)[0] == 0
    return run_brain


def test_a_key_is_shown_once_and_listed_without_its_text(acme: RunCommand) -> None:
    """To people with how to send it."""
    exit_code, printed, _ = acme("keys", "create", *CLIENT, "--label", "the shop")
    key = printed.splitlines()[0]
    assert exit_code == 0
    assert "Authorization: Bearer KEY" in printed
    _, listed, _ = acme("keys", "list", *CLIENT, "--json")
    (row,) = json.loads(listed)
    assert (row["label"], row["revoked_at"]) == ("the shop", None)
    assert key not in listed
    _, table, _ = acme("keys", "list", *CLIENT)
    assert row["key_id"] in table
    assert key not in table


def test_help_breaks_no_line_where_the_source_does(run_brain: RunCommand) -> None:
    """Neither of ``brain``, nor of a command or a group; groups do not offer to install completion."""
    assert "Exit codes: 0 success, 1 the work" in " ".join(run_brain("--help")[1].split())
    assert "Pseudonyms are derived\n" not in run_brain("normalize", "--help")[1]
    assert "--install-completion" not in run_brain("keys", "--help")[1]


def test_brackets_in_a_name_are_printed_as_they_are(acme: RunCommand) -> None:
    """And are no markup, which would end the command or hide the text."""
    exit_code, printed, _ = acme("clients", "set", *CLIENT, "--name", "Acme [/x] [bold]")
    assert exit_code == 0
    assert "Acme [/x] [bold]" in printed


def test_a_file_of_a_mistyped_client_is_not_stored(acme: RunCommand, tmp_path: Path) -> None:
    """Once clients are set up, an import names one of them."""
    (tmp_path / "events.json").write_text(json.dumps([EVENT | {"client_id": "acm"}]), encoding="utf-8")
    exit_code, _, error = acme("ingest", "custom", "events.json", "--client", "acm")
    assert exit_code == 2
    assert "client 'acm' does not exist" in error


def test_a_rotation_makes_a_new_key_beside_the_newest(acme: RunCommand) -> None:
    """Of three keys two are valid."""
    keys = [json.loads(acme("keys", command, *CLIENT, "--json")[1]) for command in ("create", "create", "rotate")]
    rows = json.loads(acme("keys", "list", *CLIENT, "--json")[1])
    valid = {row["key_id"] for row in rows if row["revoked_at"] is None}
    assert valid == {keys[1]["key_id"], keys[2]["key_id"]}
    assert acme("keys", "revoke", *CLIENT, keys[2]["key_id"])[1] == f"revoked {keys[2]['key_id']}\n"


def test_a_job_that_is_switched_off_says_how_to_switch_it_on(acme: RunCommand) -> None:
    """And is no failure."""
    exit_code, printed, _ = acme("run", "curiosity")
    assert exit_code == 0
    assert printed.startswith("brainCuriosity is switched off; set enabled: true in config/brain_features.yaml")


def give_up_job() -> str:
    """Give up a job of the client, and return the id of its dead letter."""
    brain = open_brain()
    at = brain.clock.now()
    dead_letter_id = brain.give_up(Task("brainHourlyScores", "acme", at, at), StoreUnavailableError("of this test"))
    assert dead_letter_id is not None
    return dead_letter_id


def test_an_hourly_run_tells_of_dead_letters_too(acme: RunCommand) -> None:
    """They are counted with the scores, for whoever looks at either."""
    give_up_job()
    _, printed, _ = acme("run", "hourly-scores")
    assert "brainHourlyScores success, 0 clients" in " ".join(printed.split())
    assert "Dead letters: due 0; enqueued 0; new 1; parked 0; total 1\n" in printed


def test_what_is_logged_does_not_mix_with_what_is_printed(acme: RunCommand) -> None:
    """Standard output stays JSON while a record of a run that cannot be read is reported."""
    brain = open_brain()
    brain.store.create(f"{paths.RUNS}/broken", {"open_until": brain.clock.now()})
    _, printed, errors = acme("run", "hourly-scores", "--json")
    assert json.loads(printed)["status"] == "success"
    assert "sweep_failed" in errors


def test_a_job_that_was_given_up_is_run_again_by_a_replay(acme: RunCommand) -> None:
    """With the preview first."""
    dead_letter_id = give_up_job()
    assert "Nothing was changed" in acme("dead-letters", "replay", dead_letter_id)[1]
    exit_code, printed, _ = acme("dead-letters", "replay", dead_letter_id, "--yes")
    assert exit_code == 0
    assert "Run again" in printed
    assert "success" in printed
    brain = open_brain()
    assert DeadLetters(brain.store).list(brain.clock.now(), "acme") == []


@pytest.mark.parametrize(
    ("result", "reason"),
    [
        (
            MisconfiguredError("the time zone is wrong"),
            "brainHourlyScores of acme failed again, misconfigured: the",
        ),
        ({"status": "stopped", "scored": 1}, "The run stopped at its time limit; replay it again to continue it."),
    ],
)
def test_a_job_that_is_not_done_by_its_replay_keeps_its_dead_letter(
    acme: RunCommand, monkeypatch: pytest.MonkeyPatch, result: Exception | dict[str, object], reason: str
) -> None:
    """And the command says why."""

    def perform(_perform: Perform, _task: Task) -> dict[str, object]:
        if isinstance(result, Exception):
            raise result
        return result

    dead_letter_id = give_up_job()
    monkeypatch.setattr(Perform, "__call__", perform)
    exit_code, printed, _ = acme("dead-letters", "replay", dead_letter_id, "--yes")
    assert exit_code == 1
    assert reason in printed
    assert printed.endswith("The dead letter stays in the queue.\n")
    brain = open_brain()
    assert [letter.dead_letter_id for letter in DeadLetters(brain.store).list(brain.clock.now())] == [dead_letter_id]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 1"),
        ("[1]", "event 1 must be a JSON object, got '[1]'"),
        (json.dumps(EVENT | {"likes": -1}), "event 1: likes must be at least 0"),
        (json.dumps(EVENT | {"event_id": "__x__"}), "event 1: event_id: "),
        (json.dumps({"client_id": "acme"}), "occurred_at"),
    ],
)
def test_an_event_that_cannot_be_scored_is_named_with_its_reason(
    run_brain: RunCommand, tmp_path: Path, line: str, reason: str
) -> None:
    """By its number in the file."""
    (tmp_path / "events.jsonl").write_text(f"{line}\n", encoding="utf-8")
    exit_code, printed, errors = run_brain("score", "events.jsonl", "--as-of", "2026-11-22T00:00:00Z")
    assert (exit_code, printed) == (2, "")
    assert reason in errors


def test_doctor_goes_on_when_the_store_s_name_is_wrong(run_brain: RunCommand, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other checks are made, and the setting is named."""
    monkeypatch.setenv("BRAIN_STORE", "mysql://nowhere")
    exit_code, printed, _ = run_brain("doctor", "--json")
    rows = {row["what"]: row for row in json.loads(printed)}
    assert exit_code == 1
    assert (rows["settings"]["state"], rows["functions table"]["state"]) == ("missing", "ok")
    assert "BRAIN_STORE" in rows["settings"]["detail"]


def test_doctor_fails_while_runs_are_open_after_their_time(acme: RunCommand) -> None:
    """And says how they become dead letters."""
    brain = open_brain()
    at = brain.clock.now() - timedelta(days=1)
    task = Task("brainHourlyScores", "acme", at, at)
    Runs(brain.store).open({task: at}, at)
    exit_code, printed, _ = acme("doctor", "--json")
    (row,) = [row for row in json.loads(printed) if row["what"] == "runs"]
    assert (exit_code, row["state"]) == (1, "missing")
    assert "got 1 that did not; `brain run hourly-scores`" in row["detail"]
    assert acme("run", "hourly-scores")[0] == 0
    _, printed, _ = acme("doctor", "--json")
    (row,) = [row for row in json.loads(printed) if row["what"] == "runs"]
    assert (row["state"], row["detail"]) == ("ok", "none was abandoned")
    assert [letter.error_code for letter in DeadLetters(brain.store).list(brain.clock.now())] == ["run_abandoned"]


def test_without_a_terminal_each_activity_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Where it was asked for; steps alone print nothing."""
    for log in (True, False):
        with show_progress("work", 2, log=log) as report:
            report(activity="first")
            report()
            report(0, activity="second")
        assert capsys.readouterr().err == ("first\nsecond\n" if log else "")


def test_a_first_shop_needs_no_database_url(run_brain: RunCommand, tmp_path: Path) -> None:
    """It is a file of its own, and `check` names what it lacks until its tables are made."""
    exit_code, printed, _ = run_brain("retail", "check", "--upgrade")
    assert (exit_code, printed.splitlines()[-1]) == (0, "Everything the Brain needs is there.")
    assert (tmp_path / ".brain" / "shop.db").exists()
    (tmp_path / "empty.db").touch()
    exit_code, printed, _ = run_brain("retail", "check", "--database", "sqlite:///empty.db")
    assert exit_code == 1
    assert "- the table sales is missing. Fix: brain retail check --upgrade" in printed.replace("\n", " ")
    assert "Faults found: " in printed


def test_a_dry_run_prints_what_it_would_write_in_brackets(acme: RunCommand, tmp_path: Path) -> None:
    """Figures of figures, in one line."""
    at = open_brain().clock.now()
    event = {"event_id": "e1", "occurred_at": at.isoformat(), "platform": "linkedin", "likes": 3}
    (tmp_path / "events.json").write_text(json.dumps([event]), encoding="utf-8")
    assert acme("ingest", "custom", "events.json", *CLIENT)[0] == 0
    later = (at + timedelta(hours=1)).isoformat()
    exit_code, printed, _ = acme("run", "hourly-scores", *CLIENT, "--at", later, "--dry-run")
    assert exit_code == 0
    assert "would write (" in " ".join(printed.replace("│", " ").split())


def test_warnings_are_listed_with_what_to_do(acme: RunCommand, tmp_path: Path) -> None:
    """The latest first, as a table and for programs."""
    campaign = {"date": "2026-11-10", "customer_id": 7, "campaign_id": 1, "cost_micros": 2_000_000, "clicks": 3}
    for name, row in (("campaigns", campaign), ("ads", campaign | {"ad_id": 5})):
        file = tmp_path / f"{name}.json"
        file.write_text(json.dumps([row]), "utf-8")
        assert acme("ingest", "ads_google", str(file), "--client", "acme", "--backfill")[0] == 0
    exit_code, printed, _ = acme("warnings", "--client", "acme")
    assert exit_code == 0
    assert "send one of" in " ".join(printed.split())
    (warning,) = json.loads(acme("warnings", "--client", "acme", "--json")[1])
    assert (warning["type"], warning["count"]) == ("overlapping_reports", 1)
