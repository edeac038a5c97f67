"""A deployment as an operator sees it: first, again, in part, on paper, and when something goes wrong."""

import subprocess
import sys

import pytest
import yaml
from deploy.conftest import Deployment, check_golden

PROJECT = ("--project", "my-brain-1")


@pytest.mark.slow
def test_the_first_deployment_makes_everything(deployment: Deployment) -> None:
    """In the order in which one thing needs another; the golden file is the whole list of calls."""
    done = deployment.run(*PROJECT)
    assert done.exit_code == 0, done.err
    check_golden("first.txt", "\n".join(done.calls) + "\n")
    assert "To roll back" not in done.out


@pytest.mark.slow
def test_the_second_deployment_changes_what_is_there(deployment: Deployment) -> None:
    """Nothing is created twice, and the commands to roll back to the previous revisions are printed."""
    deployment.run(*PROJECT)
    done = deployment.run(*PROJECT)
    assert done.exit_code == 0, done.err
    check_golden("second.txt", "\n".join(done.calls) + "\n")
    assert not [call for call in done.calls if " create " in call]
    assert (
        "gcloud run services update-traffic brainapi --to-revisions=brainapi-00001-abc=100"
        " --region=us-central1 --project=my-brain-1"
    ) in done.out


def test_only_the_functions_are_staged_verified_and_deployed(deployment: Deployment) -> None:
    """Never an old copy of the code."""
    done = deployment.run(*PROJECT, "--only", "functions", "--region", "europe-west1")
    assert done.exit_code == 0, done.err
    check_golden("only-functions.txt", "\n".join(done.calls) + "\n")
    assert (deployment.tree / "build" / "functions" / "main.py").is_file()


def test_a_dry_run_prints_everything_and_calls_nothing(deployment: Deployment) -> None:
    """What it prints is a script that a shell would take."""
    done = deployment.run(*PROJECT, "--dry-run")
    assert (done.exit_code, done.calls, done.err) == (0, [], "")
    check_golden("dry-run.txt", done.out.replace(sys.executable, "python"))
    assert not (deployment.tree / "build").exists()
    checked = subprocess.run(["/bin/bash", "-n"], input=done.out, text=True, capture_output=True, check=False)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_is_staged_are_copies_with_bytecode(deployment: Deployment) -> None:
    """Links would be lost on the way to the cloud, and without bytecode each cold start compiles."""
    (deployment.tree / "functions" / "linked.py").symlink_to(deployment.tree / "functions" / "main.py")
    deployment.run(*PROJECT, "--only", "stage")
    staged = deployment.tree / "build" / "functions"
    assert not [path for path in staged.rglob("*") if path.is_symlink()]
    assert {"main.py", "requirements.txt", ".gcloudignore", "functions.yaml", "brain", "config"} <= {
        path.name for path in staged.iterdir()
    }
    sources = list(staged.rglob("*.py"))
    assert len(list(staged.rglob("*.pyc"))) == len(sources)
    manifest = yaml.safe_load((staged / "functions.yaml").read_text(encoding="utf-8"))
    assert "brainWorker" in manifest["endpoints"]


def test_missing_secrets_stop_the_deployment_before_anything_changes(deployment: Deployment) -> None:
    """All of them are named at once, each with the command that makes it."""
    names = ["BRAIN_HASH_SALT", "BRAIN_SEAL_KEY"]
    done = deployment.run(*PROJECT, FAKE_MISSING_SECRETS=" ".join(names))
    assert done.exit_code == 1
    for name in names:
        assert f"head -c 32 /dev/urandom | base64 | gcloud secrets create {name} --data-file=-" in done.err
    assert "./deploy.sh --project my-brain-1 --only secrets,accounts,database,rules" in done.err
    assert not [call for call in done.calls if "create" in call or "deploy" in call]


def test_no_secret_is_ever_asked_for_or_printed(deployment: Deployment) -> None:
    """Whether one is there can be known without its value."""
    values = {"BRAIN_HASH_SALT": "do-not-print-me", "BRAIN_SEAL_KEY": "do-not-print-me"}
    done = deployment.run(*PROJECT, "--dry-run", **values)
    assert done.exit_code == 0
    assert "versions access" not in done.out
    assert "set-secrets" not in done.out
    assert "print-me" not in done.out + done.err


@pytest.mark.slow
def test_a_function_that_fails_stops_there_with_its_exit_code(deployment: Deployment) -> None:
    """The others are still finished, its own last words are shown, and how to go on and how to go back."""
    deployment.run(*PROJECT, "--only", "functions")
    rest = "functions,invokers,schedules,smoke"
    done = deployment.run(*PROJECT, "--only", rest, FAKE_FAILING="brainDailyAnalysis")
    assert done.exit_code == 7
    assert "deploy: brainDailyAnalysis failed (exit 7)" in done.err
    assert "Build failed: brainDailyAnalysis" in done.err
    assert f"./deploy.sh --project my-brain-1 --only {rest}" in done.err
    assert "update-traffic ingest --to-revisions=ingest-00001-abc=100" in done.err
    assert len([call for call in done.calls if call.startswith("gcloud functions deploy ")]) == 11
    assert not [call for call in done.calls if call.startswith(("gcloud scheduler", "curl"))]


def test_a_place_one_may_not_look_at_is_not_taken_for_empty(deployment: Deployment) -> None:
    """Else it would be created on top of what may be there."""
    done = deployment.run(*PROJECT, "--only", "queues,smoke", FAKE_DENIED="brain-hourly")
    assert done.exit_code == 3
    assert "PERMISSION_DENIED" in done.err
    assert "step queues failed" in done.err
    assert not [call for call in done.calls if call.startswith("gcloud tasks queues create")]


def test_an_account_that_is_not_known_everywhere_yet_is_waited_for(deployment: Deployment) -> None:
    """IAM needs some seconds before it takes a role for a new account."""
    (deployment.cloud / "unready").touch()
    done = deployment.run(*PROJECT, "--only", "accounts")
    assert done.exit_code == 0, done.err
    first = [call for call in done.calls if "add-iam-policy-binding" in call][:2]
    assert first[0] == first[1]


def test_a_public_function_that_answers_otherwise_fails_the_smoke_test(deployment: Deployment) -> None:
    """Such as an ingest that takes events from anyone."""
    done = deployment.run(*PROJECT, "--only", "smoke", FAKE_INGEST_ANSWERS="201")
    assert done.exit_code == 1
    assert "ingest responded with 201, expected 401" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "no project; pass --project"),
        (["--project"], "--project needs a value"),
        ([*PROJECT, "--only", "function"], "no such step: function"),
        ([*PROJECT, "--fast"], "unknown argument: --fast"),
    ],
)
def test_wrong_usage_is_explained(deployment: Deployment, words: list[str], said: str) -> None:
    """Exit 2, the usage, and nothing done."""
    done = deployment.run(*words)
    assert (done.exit_code, done.calls) == (2, [])
    assert said in done.err
    assert "usage: ./deploy.sh" in done.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--project", "My Project"], "--project must be a project id"),
        ([*PROJECT, "--region", "mars"], "--region must be a region"),
    ],
)
def test_names_that_no_project_or_region_has_are_refused(deployment: Deployment, words: list[str], said: str) -> None:
    """Before they become part of a command."""
    done = deployment.run(*words, "--dry-run", "--only", "queues")
    assert done.exit_code == 2
    assert said in done.err


def test_a_project_that_cannot_be_read_is_named(deployment: Deployment) -> None:
    """With the command that signs in."""
    done = deployment.run("--project", "other-brain")
    assert done.exit_code == 1
    assert "gcloud auth login" in done.err
