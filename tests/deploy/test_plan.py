"""The plan itself: one line a command, in words that deploy.sh knows, and clear when it cannot be made."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest

from brain.cli.deploy_plan import STEPS, main
from brain.cli.deployment.plan_lines import PlanVerb

ROOT = Path(__file__).resolve().parents[2]
WHERE = ["--project", "my-brain-1", "--project-number", "123456789012", "--root", str(ROOT)]


def planned(capsys: pytest.CaptureFixture[str], *steps: str) -> list[tuple[str, str, str, str]]:
    """Return a plan's lines as step, verb, label and command."""
    assert main([*steps, *WHERE]) == 0
    lines = [line.split(" ", 3) for line in capsys.readouterr().out.splitlines()]
    return [(step, verb, label, command) for step, verb, label, command in lines]


def test_every_line_is_a_step_a_verb_a_label_and_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the step; the script knows every verb, and every command can be read back."""
    lines = planned(capsys, *STEPS)
    script = (ROOT / "deploy.sh").read_text(encoding="utf-8")
    performed = set(re.findall(r"^    ([a-z]+)\) ", script, flags=re.MULTILINE))
    assert {step for step, *_ in lines} == set(STEPS)
    assert {verb for _, verb, *_ in lines} == set(get_args(PlanVerb)) <= performed
    assert all(shlex.split(command) for *_, command in lines)


def test_what_exists_or_not_is_asked_before_it_is_made(capsys: pytest.CaptureFixture[str]) -> None:
    """A probe, then what to do if it is there, then what to do if it is not, about the same thing."""
    lines = planned(capsys, *STEPS)
    verbs = [(verb, label) for _, verb, label, _ in lines]
    for number, (verb, label) in enumerate(verbs):
        if verb == "probe":
            assert verbs[number + 1 : number + 3] == [("update", label), ("create", label)]
    creating = [command for _, verb, _, command in lines if " create " in command and verb != "remedy"]
    assert len(creating) == sum(verb == "create" for verb, _ in verbs)


def test_schedules_call_with_a_token_for_the_address_they_call(capsys: pytest.CaptureFixture[str]) -> None:
    """As the invoker, with the time they wait and the retries they make."""
    commands = [shlex.split(command) for _, verb, _, command in planned(capsys, "schedules") if verb == "create"]
    assert len(commands) == 8
    for words in commands:
        flags = dict(word.split("=", 1) for word in words if word.startswith("--"))
        assert (
            flags["--uri"]
            == flags["--oidc-token-audience"]
            == f"https://{words[5].lower()}-123456789012.us-central1.run.app"
        )
        assert flags["--oidc-service-account-email"] == "brain-invoker@my-brain-1.iam.gserviceaccount.com"
        assert (flags["--max-retry-attempts"], flags["--min-backoff"], flags["--max-backoff"]) == ("3", "60s", "3600s")
        assert 180 < int(flags["--attempt-deadline"].removesuffix("s")) <= 1800
        assert flags["--time-zone"] == "UTC"


def test_only_public_functions_may_be_called_by_anyone(capsys: pytest.CaptureFixture[str]) -> None:
    """The rest is closed twice: by its ingress and by its invoker."""
    deployed = {label: shlex.split(c) for _, verb, label, c in planned(capsys, "functions") if verb == "parallel"}
    public = {name for name, words in deployed.items() if "--allow-unauthenticated" in words}
    assert public == {"ingest", "brainApi"}
    closed = {name for name, words in deployed.items() if "--ingress-settings=internal-only" in words}
    assert closed == set(deployed) - public
    assert {label for _, _, label, _ in planned(capsys, "invokers")} == closed


def test_a_missing_index_file_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With what to do about it, and without half a plan."""
    assert main(["apis", "ttl", *WHERE[:-1], str(tmp_path)]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    assert "firestore.indexes.json: No such file or directory; restore it" in output.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--project", "My_Brain"], "--project must be a project id such as my-brain-1, got 'My_Brain'"),
        (["--project-number", "12a"], "--project-number must consist of digits, got '12a'"),
        (["--region", "europe"], "--region must be a region such as us-central1, got 'europe'"),
    ],
)
def test_a_target_that_cannot_be_is_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    """Nothing is planned for it."""
    assert main(["apis", *WHERE, *arguments]) == 2
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"deploy: {sentence}\n")
