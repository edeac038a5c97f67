"""A copy of what deploy.sh needs, and a cloud that only pretends."""

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAKE = Path(__file__).with_name("fake_cloud.sh")
TOOLS = ("gcloud", "firebase", "curl", "uv")
# The plan's own modules: staging compiles what it copies, and here it copies no more than that.
COPIED = (
    "deploy.sh",
    "firebase.json",
    "firestore.rules",
    "firestore.indexes.json",
    "config/brain_scheduler.yaml",
    "functions/main.py",
    "functions/requirements.txt",
    "functions/.gcloudignore",
    "shared/brain/__init__.py",
    "shared/brain/errors.py",
    "shared/brain/domain/__init__.py",
    "shared/brain/domain/jobs/__init__.py",
    "shared/brain/domain/jobs/runs.py",
    "shared/brain/domain/jobs/steps.py",
    "shared/brain/domain/types.py",
    "shared/brain/settings/__init__.py",
    "shared/brain/settings/files.py",
    "shared/brain/settings/functions.py",
    "shared/brain/settings/scheduler.py",
    "shared/brain/cli/__init__.py",
    "shared/brain/cli/deploy_plan.py",
    "shared/brain/cli/deployment",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run of deploy.sh said and did; ``calls`` are the commands in order, parallel ones sorted."""

    exit_code: int
    out: str
    err: str
    calls: list[str]


@dataclass(slots=True)
class Deployment:
    """A checkout of its own beside a pretended cloud that remembers what was made in it."""

    tree: Path
    cloud: Path

    def run(self, *words: str, **environment: str) -> Outcome:
        """Run deploy.sh; the variables say what goes wrong (``fake_cloud.sh``)."""
        log = self.cloud / "log"
        log.write_text("", encoding="utf-8")
        environment = {
            "PATH": f"{self.cloud / 'bin'}:/usr/bin:/bin",
            "HOME": str(self.cloud),
            "FAKE_CLOUD": str(self.cloud),
            "BRAIN_PYTHON": sys.executable,
            "BRAIN_DEPLOY_WAIT_SECONDS": "0",
            **environment,
        }
        done = subprocess.run(
            [str(self.tree / "deploy.sh"), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Outcome(done.returncode, done.stdout, done.stderr, _settled(log.read_text(encoding="utf-8")))


def _settled(log: str) -> list[str]:
    """Return the calls with each run of function deployments sorted: these are made beside each other."""
    calls: list[str] = []
    beside: list[str] = []
    for call in [*log.splitlines(), ""]:
        if call.startswith("gcloud functions deploy "):
            beside.append(call)
        else:
            calls += [*sorted(beside), call]
            beside = []
    return calls[:-1]


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    """A project in which nothing was ever deployed."""
    tree, cloud = tmp_path / "tree", tmp_path / "cloud"
    for name in COPIED:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
        copy(ROOT / name, tree / name)
    for folder in ("bin", "there"):
        (cloud / folder).mkdir(parents=True)
    for tool in TOOLS:
        (cloud / "bin" / tool).symlink_to(FAKE)
    return Deployment(tree, cloud)


def check_golden(name: str, text: str) -> None:
    """Compare with a file under ``golden``; ``BRAIN_GOLDEN=write pytest tests/deploy`` writes them anew."""
    file = Path(__file__).with_name("golden") / name
    if os.environ.get("BRAIN_GOLDEN") == "write":
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
