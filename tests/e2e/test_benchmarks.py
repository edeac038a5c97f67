"""Every benchmark of the table can be started."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = """
import importlib
from benchmarks.__main__ import BENCHMARKS
for name in BENCHMARKS:
    assert callable(importlib.import_module(f"benchmarks.{name}").run), name
"""


@pytest.mark.slow
def test_every_benchmark_can_be_imported() -> None:
    """Each module of the table exists, imports only what exists, and has a ``run``."""
    completed = subprocess.run([sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=False)
    assert completed.returncode == 0, completed.stderr
