"""Every job killed at every store call on the queues' real schedule, and one bad client among three hundred.

``python -m benchmarks crashes``. Every run must end done or dead-lettered; "same" counts those that left the same bytes
as a run without a crash, after the replay of the dead letter if there is one.
"""

import tempfile
from collections import Counter
from pathlib import Path

from brain.domain.jobs.steps import JOBS
from brain.testing.simulations.crash_worlds import CrashWorlds
from brain.testing.simulations.dispatch_crashes import SCHEDULED_JOBS, DispatchCrashSimulation
from brain.testing.simulations.isolation import AT, BAD, CLIENTS, IsolationResult, Trouble, simulate_hour
from brain.testing.simulations.job_crashes import Crash, CrashSimulation, Outcome


def run() -> None:
    """Print the tables; exit 1 if a run ended neither way, or differently."""
    with tempfile.TemporaryDirectory() as folder:
        worlds = CrashWorlds(Path(folder))
        failures = [*_crash_jobs(worlds), *_crash_dispatches(worlds)]
    _isolate()
    if failures:
        raise SystemExit(f"runs must end done or dead-lettered, with the same bytes, got {failures}")


def _crash_jobs(worlds: CrashWorlds) -> list[str]:
    print("| job | crash | points | done | dead-lettered | neither | same |\n|---|---|---|---|---|---|---|")
    failures: list[str] = []
    for job in JOBS:
        simulation = CrashSimulation(worlds, job)
        for crash in Crash:
            results = [simulation.crash(crash, call) for call in range(1, simulation.calls + 1)]
            outcomes = Counter(result.outcome for result in results)
            counts = " | ".join(str(outcomes[outcome]) for outcome in Outcome)
            same = sum(result.is_same for result in results)
            print(f"| {job} | {crash} | {len(results)} | {counts} | {same} |", flush=True)
            if outcomes[Outcome.NEITHER] or same < len(results):
                failures.append(f"{job}: {crash}")
    return failures


def _crash_dispatches(worlds: CrashWorlds) -> list[str]:
    print("\n| dispatch killed once, repeated | points | all runs done, same bytes |\n|---|---|---|")
    failures: list[str] = []
    for job in SCHEDULED_JOBS:
        results = dict(DispatchCrashSimulation(worlds, job).crash_everywhere())
        print(f"| {job} | {len(results)} | {sum(results.values())} |", flush=True)
        failures += [f"dispatch of {job} {point}" for point, is_same in results.items() if not is_same]
    return failures


def _isolate() -> None:
    print(f"\n{len(CLIENTS)} clients; the trouble is with one of them, in the last row with 40 of another queue\n")
    print("| trouble | others done | last of them after | longest delay | answers | dead-lettered |")
    print("|---|---|---|---|---|---|")
    baseline = simulate_hour(Trouble.NONE)
    for trouble in Trouble:
        _print_isolation(str(trouble), simulate_hour(trouble), baseline, BAD)
    shop = simulate_hour(Trouble.HANGS, job="brainSignalMagnitude", bad=CLIENTS[:40])
    _print_isolation("brain-shop: 40 hang", shop, baseline, "")


def _print_isolation(name: str, result: IsolationResult, baseline: IsolationResult, bad: str) -> None:
    others = {client: time for client, time in result.completed.items() if client != bad}
    delay = max(time - baseline.completed[client] for client, time in others.items())
    answers = ", ".join(f"{status or 'none'}: {count}" for status, count in result.statuses.items())
    last = max(others.values()) - AT
    print(f"| {name} | {len(others)} | {last} | {delay} | {answers} | {len(result.dead_lettered)} |", flush=True)
