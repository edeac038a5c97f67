"""A machine with an embedded store of its own, and the command line before it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from brain.cli.app import app
from brain.cli.failures import run_app

RunCommand = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run_brain(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> RunCommand:
    """Runs the command line in an empty folder; returns exit code, output and errors."""
    for name in [name for name in os.environ if name.startswith("BRAIN_") or name == "DATABASE_URL"]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["brain", *words])
        capsys.readouterr()
        exit_code = run_app(app)
        return exit_code, *capsys.readouterr()

    return run
