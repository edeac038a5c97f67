"""Runs sending processes against one store and sums up what passed and what it cost."""

import json
import os
import subprocess
import sys
import time
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEAD_SECONDS = 0.5
MINUTE = 60.0


@dataclass(frozen=True)
class Sent:
    """When events passed, in order (seconds of the senders' fast clock), and what they cost."""

    passed: list[float]
    refused: int
    operations: int

    @property
    def most(self) -> int:
        """The most events that any minute held."""
        return max(n + 1 - bisect_right(self.passed, passed_at - MINUTE) for n, passed_at in enumerate(self.passed))

    @property
    def first_minute(self) -> int:
        """How many events passed within a minute of the first."""
        return bisect_right(self.passed, self.passed[0] + MINUTE)

    @property
    def mean(self) -> float:
        """How many events passed a minute, over the whole minutes since the first."""
        minutes = max(1, int((self.passed[-1] - self.passed[0]) // MINUTE))
        return bisect_left(self.passed, self.passed[0] + minutes * MINUTE) / minutes


def send(
    store: str, *, minutes: float, speed: float, limit: int = 1000, clients: Sequence[str] = ("acme",),
    paces: Sequence[float] = (0, 0, 0, 0), threads: int = 8,
) -> Sent:  # fmt: skip
    """Send from one process a pace (events a minute of each thread, 0 for as fast as it goes)."""
    options = {
        "store": store, "seconds": minutes * MINUTE / speed, "speed": speed, "limit": limit, "clients": list(clients),
        "threads": threads,
    }  # fmt: skip
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT / "shared"), str(ROOT / "tests")])}
    sender = str(ROOT / "tests" / "faults" / "rate_sender.py")
    processes = [
        subprocess.Popen(
            [sys.executable, sender, json.dumps(options | {"pace": pace})],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for pace in paces
    ]
    _start_together(processes)
    reports = [json.loads(process.communicate()[0]) for process in processes]
    passed = sorted(passed_at for report in reports for passed_at in report["passed"])
    operations = sum(report["reads"] + report["writes"] for report in reports)
    return Sent(passed, sum(report["refused"] for report in reports), operations)


def _start_together(processes: Sequence[subprocess.Popen[str]]) -> None:
    """Wait until every process is ready, however busy the machine is, and tell all of them when to begin."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    epoch = time.time() + LEAD_SECONDS
    for process in processes:
        assert process.stdin is not None
        process.stdin.write(f"{epoch}\n")
        process.stdin.flush()
