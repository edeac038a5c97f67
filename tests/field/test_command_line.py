"""The command line answers each input of ``command_line.yaml`` correctly; the open ones are expected to fail."""

import os
import subprocess
import sysconfig
from pathlib import Path
from typing import Any

import pytest
import yaml

CASES = yaml.safe_load(Path(__file__).with_name("command_line.yaml").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


def mark_open(case: dict[str, Any]) -> Any:
    """Return the case as a parameter that must fail as long as it is listed as open."""
    marks = [pytest.mark.xfail(reason=case["open"], strict=True)] if "open" in case else []
    return pytest.param(case, id=case["id"], marks=marks)


@pytest.mark.parametrize("case", [mark_open(case) for case in CASES])
def test_the_command_line_answers_correctly(case: dict[str, Any], tmp_path: Path) -> None:
    """With the exit code and the words that its source calls correct."""
    for command in case.get("setup", []):
        run(command, {}, tmp_path, stdin=b"", check=True)
    stdin, environment = case.get("stdin", "").encode(), case.get("env", {})
    answered = run(case["command"], environment, tmp_path, stdin=stdin, check=False)
    stdout, stderr = answered.stdout.decode(errors="replace"), answered.stderr.decode(errors="replace")
    assert answered.returncode == case["exit_code"], stdout + stderr
    assert case.get("stdout_contains", "") in stdout
    assert case.get("stderr_contains", "") in stderr
    assert "Traceback" not in stderr


def run(
    command: list[str], settings: dict[str, str], folder: Path, *, stdin: bytes, check: bool
) -> subprocess.CompletedProcess[bytes]:
    """Run a command in an empty folder with the project's commands on the path and only these settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("BRAIN")}
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{inherited['PATH']}"
    environment = inherited | {"PATH": path} | settings
    return subprocess.run(
        command, cwd=folder, env=environment, input=stdin, capture_output=True, check=check, timeout=120
    )
