"""What is staged works on its own, with the packages that the cloud installs and no others."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from brain.settings.scheduler import read_scheduler

ROOT = Path(__file__).resolve().parents[2]
TABLE = read_scheduler()
BROKEN = {
    "a package that the cloud does not install": ("import typer\n", "typer"),
    "a library that is not beside it": ("import brain.nowhere\n", "brain.nowhere"),
    "a function that fails": ("def brainApi(request):\n    raise ValueError('broken')\n", "responded with 500"),
    "a function of another name": ("def brainapi(request):\n    return ''\n", "brainApi"),
}


@pytest.fixture(scope="session")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A staged directory, made as deploy.sh makes it."""
    tree = tmp_path_factory.mktemp("staging")
    for name in ("functions", "shared", "config"):
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(ROOT / "deploy.sh", tree)
    done = subprocess.run(
        [str(tree / "deploy.sh"), "--project", "my-brain-1", "--only", "stage"],
        env={"PATH": os.environ["PATH"], "BRAIN_PYTHON": sys.executable},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return tree / "build" / "functions"


@pytest.fixture(scope="session")
def runtime_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with the pinned run-time packages and nothing else, made as deploy.sh makes it."""
    uv = shutil.which("uv") or shutil.which(str(ROOT / ".uv" / "bin" / "uv"))
    folder = tmp_path_factory.mktemp("runtime") / "venv"
    python = str(folder / "bin" / "python")
    requirements = ["--quiet", "--require-hashes", "-r", str(ROOT / "functions" / "requirements.txt")]
    if uv:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "--python", python, *requirements], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([python, "-m", "pip", "install", *requirements], check=True)
    return python


def check(library: Path, python: str, source: Path, target: str, *flags: str) -> subprocess.CompletedProcess[str]:
    """Call a staged function as deploy.sh does before it deploys."""
    return subprocess.run(
        [python, "-m", "brain.cli.deployment.staged", str(source), target, *flags],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(library)},
        cwd=library.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("target", ["ingest", "brainApi", "brainHourlyScores", "brainCuriosity", "brainWorker"])
def test_a_function_of_each_kind_works_as_staged(staged: Path, runtime_python: str, target: str) -> None:
    """With the library and the configuration that lie beside it."""
    flags = ["--asgi"] if TABLE.functions[target].is_asynchronous else []
    done = check(staged, runtime_python, staged / "main.py", target, *flags)
    assert done.returncode == 0, done.stderr
    assert f"{target}: loads and responds" in done.stdout


@pytest.mark.parametrize("fault", BROKEN)
def test_what_would_fail_in_the_cloud_fails_here(staged: Path, runtime_python: str, tmp_path: Path, fault: str) -> None:
    """And says why, before anything is deployed."""
    source, said = BROKEN[fault]
    copied = tmp_path / "functions"
    shutil.copytree(staged, copied)
    shutil.rmtree(copied / "__pycache__")  # bytecode that nobody checks: staging always begins with an empty folder
    (copied / "main.py").write_text(source, encoding="utf-8")
    done = check(copied, runtime_python, copied / "main.py", "brainApi")
    assert done.returncode != 0
    assert said in done.stderr


def test_the_library_of_the_checkout_is_not_taken_for_the_staged_one(
    staged: Path, runtime_python: str, tmp_path: Path
) -> None:
    """A check of the wrong copy would prove nothing."""
    (tmp_path / "main.py").write_text("def brainApi(request):\n    import brain\n    return ''\n", encoding="utf-8")
    done = check(staged, runtime_python, tmp_path / "main.py", "brainApi")
    assert done.returncode == 1
    assert "the library must be next to" in done.stderr
