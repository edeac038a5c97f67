"""Every gcloud command of a deployment is one that gcloud knows, flag by flag, where gcloud is at hand."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GOLDEN = Path(__file__).with_name("golden")
PARSER = Path(__file__).with_name("gcloud_parser.py")
BUNDLED = Path("platform/bundledpythonunix/bin/python3")


def gcloud_root() -> Path | None:
    """Return the folder of the Google Cloud SDK; None where it is not installed."""
    configured, executable = os.environ.get("CLOUDSDK_ROOT_DIR"), shutil.which("gcloud")
    near = [Path(executable).resolve().parent.parent] if executable else []
    folders = [*([Path(configured)] if configured else []), *near, Path("/usr/lib/google-cloud-sdk")]
    return next((folder for folder in folders if (folder / "lib" / "googlecloudsdk").is_dir()), None)


def refused(commands: list[str], folder: Path) -> list[str]:
    """Return the commands that gcloud's parser refuses, with its reasons."""
    sdk = gcloud_root()
    if sdk is None:
        pytest.skip("the Google Cloud SDK is not installed here")
    python = sdk / BUNDLED if (sdk / BUNDLED).exists() else Path(sys.executable)
    done = subprocess.run(
        [str(python), str(PARSER), str(sdk)],
        input="\n".join(commands) + "\n",
        env={"PATH": "/usr/bin:/bin", "CLOUDSDK_CONFIG": str(folder), "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def gcloud_commands() -> list[str]:
    """Return every gcloud command that a first or a second deployment, or its rollback, makes."""
    calls = [call for name in ("first.txt", "second.txt") for call in (GOLDEN / name).read_text().splitlines()]
    dry = (GOLDEN / "dry-run.txt").read_text().splitlines()
    comments = [line.removeprefix("# captured for a rollback: ").removeprefix("# to roll back: ") for line in dry]
    rollbacks = [comment.replace("PREVIOUS", "ingest-00001-abc") for comment in comments if comment not in dry]
    return sorted({call for call in (*calls, *rollbacks) if call.startswith("gcloud ")})


@pytest.mark.slow
def test_gcloud_knows_every_command_that_is_printed(tmp_path: Path) -> None:
    """A flag that a later gcloud drops, or that was never there, is found here and not in a deployment."""
    commands = gcloud_commands()
    assert len(commands) > 100
    assert refused(commands, tmp_path) == []


def test_gcloud_refuses_what_is_wrong(tmp_path: Path) -> None:
    """Or the test above would prove nothing."""
    wrong = ["gcloud functions deploy ingest --regoin=us-central1", "gcloud scheduler jobs create http a --uri=b"]
    assert len([line for line in refused(wrong, tmp_path) if line.startswith("gcloud ")]) == 2
