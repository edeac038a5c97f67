"""Cold starts: CPU time to load each function, relative to the interpreter with the framework.

The environment has only the run-time dependencies; it is created under ``build/`` from ``functions/requirements.txt``
if it does not exist. A further column includes the first request, so that late imports count too.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from benchmarks.measure import Series

ROOT = Path(__file__).parents[1]
VENV = ROOT / "build" / "runtime-venv"
ROUNDS = 3
GOAL = 2.0
FUNCTIONS = (
    "ingest", "brainApi", "brainHourlyScores", "brainDailyAnalysis", "brainWeeklyReport", "brainCuriosity",
    "brainSignalMagnitude", "brainProductWeather", "brainBacktesting", "brainRoiReport", "brainWorker",
)  # fmt: skip
_BASE = {"wsgi": "import functions_framework", "asgi": "import functions_framework.aio"}
_LOAD = {
    "wsgi": "from functions_framework import create_app; app = create_app({target!r}, {source!r})",
    "asgi": "from functions_framework.aio import create_asgi_app as make; app = make({target!r}, {source!r})",
}
_FIRST = {
    "wsgi": "\napp.test_client().post('/', data='[')",
    "asgi": (
        "\nfrom brain.entrypoints import deployed\nimport brain.adapters.firestore.writer\ndeployed._build_ingest()"
    ),
}


def run() -> None:
    """Print the CPU milliseconds of each function, the ratio to its framework, and the ratio with a first request."""
    python = _runtime_python()
    source = str(ROOT / "functions" / "main.py")
    scripts = dict(_BASE)
    for target in FUNCTIONS:
        kind = "asgi" if target == "ingest" else "wsgi"
        scripts[target] = _LOAD[kind].format(target=target, source=source)
        scripts[f"{target} + first request"] = scripts[target] + _FIRST[kind]
    series = {name: Series(name, []) for name in scripts}
    for turn in range(ROUNDS + 1):
        for name, script in scripts.items():
            spent = _cpu_milliseconds(python, script)
            if turn:
                series[name].figures.append(spent)
    print(f"{'':<24}{'load, ms CPU':>14}{'over framework':>16}{'+ first request':>17}")
    for target in FUNCTIONS:
        base = series["asgi" if target == "ingest" else "wsgi"].median
        load, first = series[target].median, series[f"{target} + first request"].median
        print(f"{target:<24}{load:>14.0f}{load / base:>15.2f}x{first / base:>16.2f}x")
    ratio = series["ingest"].median / series["asgi"].median
    print(f"ingest: {ratio:.2f} x interpreter with framework, goal <= {GOAL:g}: {'met' if ratio <= GOAL else 'missed'}")


def _runtime_python() -> Path:
    """Return the interpreter of an environment with only the deployed dependencies."""
    python = VENV / "bin" / "python"
    if not python.exists():
        uv = shutil.which("uv") or str(ROOT / ".uv" / "bin" / "uv")
        requirements = ROOT / "functions" / "requirements.txt"
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, VENV], check=True)  # noqa: S603
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python, "--require-hashes"]
        subprocess.run([*install, "-r", requirements], check=True)  # noqa: S603
    return python


def _cpu_milliseconds(python: Path, script: str) -> float:
    """Return the user and system time in ms of a fresh process that runs the script."""
    measured = f"{script}\nimport resource as r, json, sys; u = r.getrusage(r.RUSAGE_SELF)\n"
    measured += "sys.__stdout__.write(json.dumps((u.ru_utime + u.ru_stime) * 1000) + chr(10))"
    given = os.environ | {
        "PYTHONPATH": str(ROOT / "shared"), "BRAIN_STORE": "firestore://demo-import", "BRAIN_PROJECT": "demo-import",
        "BRAIN_HASH_SALT": "a salt of a benchmark", "BRAIN_SEAL_KEY": "a key of a benchmark",
        "FIRESTORE_EMULATOR_HOST": "127.0.0.1:1",
    }  # fmt: skip
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    done = subprocess.run([python, "-c", measured], env=given, capture_output=True, text=True, check=True)  # noqa: S603
    return float(json.loads(done.stdout.splitlines()[-1]))
