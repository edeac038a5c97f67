"""``brain normalize`` prints the events of a payload, and exits with 1 when anything was rejected."""

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner
from unit.feeds.feed_cases import FIXTURES

from brain.cli.app import app
from brain.cli.failures import run_app
from brain.cli.gateway.normalize import normalize
from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event
from brain.domain.gateway.normalize import normalize as read_events
from brain.domain.privacy.keys import parse_identity_keys

RECEIVED_AT = ["--received-at", "2026-11-22T00:00:00Z"]
RUNNER = CliRunner()


def run_normalize(
    *arguments: str, stdin: str | bytes | None = None
) -> tuple[int, list[dict[str, object]], list[dict[str, object]]]:
    """Return the exit code, the events and the rejections of one run."""
    completed = RUNNER.invoke(app, ["normalize", *arguments], input=stdin)
    events = [json.loads(line) for line in completed.stdout.splitlines()]
    return completed.exit_code, events, [json.loads(line) for line in completed.stderr.splitlines()]


def test_events_are_json_lines_and_a_clean_file_exits_0() -> None:
    """One object per line, times in ISO 8601 with Z, unknown metrics null."""
    code, events, rejected = run_normalize(
        "ads_google", str(FIXTURES / "ads_google" / "warehouse_rows.json"), *RECEIVED_AT
    )
    assert (code, rejected) == (0, [])
    assert events[0]["occurred_at"] == "2026-11-18T00:00:00Z"
    assert (events[0]["spend"], events[0]["likes"], events[0]["client_id"]) == (2.5, None, "local")


def test_rejections_are_json_lines_on_standard_error_and_exit_1() -> None:
    """Each has its code, a message and its index."""
    code, events, rejected = run_normalize(
        "email", str(FIXTURES / "email" / "mailchimp_reports_page.json"), *RECEIVED_AT
    )
    assert (code, len(events)) == (1, 1)
    assert [(rejection["error_code"], rejection["index"]) for rejection in rejected] == [("missing_time", 1)]


def test_pings_are_neither_events_nor_rejections() -> None:
    """Standard error stays machine-readable when it is not a terminal."""
    assert run_normalize("email", str(FIXTURES / "email" / "postmark_test.json"), *RECEIVED_AT) == (0, [], [])


def test_standard_input_is_read_line_by_line() -> None:
    """An invalid line of NDJSON is a rejection, and the next ones are read."""
    first, last = ({"occurred_at": "2026-11-20T10:00:00Z", "likes": likes} for likes in (1, 2))
    lines = f"{json.dumps(first)}\nnonsense\n{json.dumps(last)}\n"
    code, events, rejected = run_normalize("custom", *RECEIVED_AT, stdin=lines)
    assert (code, [event["likes"] for event in events]) == (1, [1, 2])
    assert rejected[0]["error_code"] == "invalid_input"


@pytest.mark.parametrize("text", ["", "nonsense", "nonsense\nmore nonsense\n"])
def test_input_that_is_not_json_is_one_rejection(text: str) -> None:
    """It is reported once, not per line."""
    code, events, rejected = run_normalize("custom", *RECEIVED_AT, stdin=text)
    assert (code, events, len(rejected)) == (1, [], 1)


def test_old_events_need_their_day_of_receipt_or_backfill() -> None:
    """A recording of 2021 is read as of its receipt, as backfill, or without any time of receipt."""
    post = '{"tweet_id": "1", "date": "2021-02-23", "likes": 3, "impressions": 9}'
    assert run_normalize("social_twitter", *RECEIVED_AT, stdin=post)[2][0]["error_code"] == "too_old"
    assert run_normalize("social_twitter", "--received-at", "2021-03-01", stdin=post)[0] == 0
    assert run_normalize("social_twitter", *RECEIVED_AT, "--backfill", stdin=post)[0] == 0
    assert run_normalize("social_twitter", stdin=post)[0] == 0
    assert run_normalize("social_twitter", "--no-backfill", stdin=post)[2][0]["error_code"] == "too_old"


def test_csv_is_read_through_a_field_map(tmp_path: Path) -> None:
    """The map has the delimiter; a row of another width is rejected with its line number."""
    file = tmp_path / "posts.csv"
    file.write_text(
        "Type;Month;Weekday;Hour;T_Reach;like;share\nPhoto;12;4;3;2752;79;\nLink;12;4\n", encoding="utf-8-sig"
    )
    code, events, rejected = run_normalize(
        "warehouse", str(file), "--map", "facebook_page_posts", "--backfill", *RECEIVED_AT
    )
    assert (code, len(events)) == (1, 1)
    assert (events[0]["likes"], events[0]["shares"], events[0]["audience_size"]) == (79, None, 2752)
    assert "line 3" in str(rejected[0]["message"])


def test_csv_without_a_map_is_read_by_its_column_names(tmp_path: Path) -> None:
    """A plain export with a date and metrics needs no map."""
    file = tmp_path / "daily.csv"
    file.write_text("date,campaign_id,clicks\n2026-11-20,c1,4\n", encoding="utf-8")
    assert run_normalize("warehouse", str(file), *RECEIVED_AT)[1][0]["clicks"] == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["radio"], "the feed must be one of"),
        (["email", "no/such/file.json"], "cannot read"),
        (["email", "--received-at", "21/11/2026"], "--received-at"),
        (["email", "--received-at", ""], "--received-at"),
        (["warehouse", "--map", "nothing"], "--map"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(
    arguments: list[str], sentence: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback, no events, and what to write instead."""
    monkeypatch.setattr(sys, "argv", ["brain", "normalize", *arguments])
    assert run_app(app) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert sentence in printed.err


def test_a_file_that_is_not_utf_8_is_an_error(tmp_path: Path) -> None:
    """The error names the expected encoding."""
    file = tmp_path / "old.csv"
    file.write_bytes("date,campaign_id,clicks\n2026-11-20,Käse,4\n".encode("latin-1"))
    completed = RUNNER.invoke(app, ["normalize", "warehouse", str(file)])
    assert "UTF-8" in str(completed.exception)


def test_pseudonyms_and_ids_follow_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """With BRAIN_HASH_SALT set they are those of the installation, without it those of a development key."""
    event = '{"occurred_at": "2026-11-20T10:00:00Z", "likes": 1, "creator": "ada@example.org"}'
    monkeypatch.delenv("BRAIN_HASH_SALT", raising=False)
    without = run_normalize("custom", *RECEIVED_AT, stdin=event)[1]
    monkeypatch.setenv("BRAIN_HASH_SALT", "a salt of the tests")
    with_key = run_normalize("custom", *RECEIVED_AT, stdin=event)[1]
    assert without[0]["event_id"] != with_key[0]["event_id"]
    assert without[0]["creator_hash"] != with_key[0]["creator_hash"]
    assert "ada@example" not in str(without) + str(with_key)


def test_a_rotated_key_gives_the_ids_and_pseudonyms_of_the_service(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids keep the oldest version, pseudonyms have the newest, and the version is no part of a key."""
    event = {"occurred_at": "2026-11-20T10:00:00Z", "likes": 1, "creator": "ada@example.org"}
    text = "2:the second salt of the tests\n1:a salt of the tests"
    monkeypatch.setenv("BRAIN_HASH_SALT", text)
    rotated = run_normalize("custom", *RECEIVED_AT, stdin=json.dumps(event))[1][0]
    context = FeedContext("local", datetime(2026, 11, 22, tzinfo=UTC))
    draft = read_events("custom", event, context)[0]
    assert isinstance(draft, Draft)
    identified = build_event(draft, context, parse_identity_keys(text))
    assert isinstance(identified, IdentifiedEvent)
    assert rotated["event_id"] == identified.event.event_id
    assert rotated["creator_hash"] == identified.event.creator_hash
    monkeypatch.setenv("BRAIN_HASH_SALT", "a salt of the tests")
    before = run_normalize("custom", *RECEIVED_AT, stdin=json.dumps(event))[1][0]
    assert (before["event_id"] == rotated["event_id"], before["creator_hash"] == rotated["creator_hash"]) == (
        True,
        False,
    )


def test_a_key_that_the_service_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """With its line and never with the key."""
    monkeypatch.setenv("BRAIN_HASH_SALT", "short")
    completed = RUNNER.invoke(app, ["normalize", "custom"], input="{}")
    assert "line 1 of BRAIN_HASH_SALT must be VERSION:KEY" in str(completed.exception)
    assert "short" not in str(completed.exception)


def test_a_row_of_another_length_is_rejected_with_its_line(tmp_path: Path) -> None:
    """It says how many columns the first line names, and how many the row has."""
    file = tmp_path / "ads.csv"
    file.write_text("date,campaign_id,clicks\n2026-11-20,7\n2026-11-20,7,4,1\n")
    _, _, rejected = run_normalize("warehouse", str(file), *RECEIVED_AT)
    assert [rejection["message"] for rejection in rejected] == [
        "line 2: expected 3 columns as in the first line, got 2; complete the row",
        "line 3: expected 3 columns as in the first line, got 4; remove what is too much",
    ]


def test_a_terminal_shows_the_key_and_pings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A terminal is told about ignored payloads and the development key."""
    monkeypatch.delenv("BRAIN_HASH_SALT", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    normalize("email", FIXTURES / "email" / "postmark_test.json", received_at="2026-11-22", field_map=None)
    printed = capsys.readouterr().err
    assert "development key" in printed
    assert "Postmark's test" in printed


def test_the_help_mentions_the_development_key() -> None:
    """Nobody takes the development key's pseudonyms for the installation's."""
    assert "development key" in (normalize.__doc__ or "")
