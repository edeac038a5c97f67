"""Accuracy and cost of the rate budgets over four processes of eight threads, on SQLite and the emulator.

``python -m benchmarks rates``. The senders' clock runs faster than real time, so that minutes take seconds. Store calls
then take longer on that clock, which makes the task harder than in production.
"""

import sys
import tempfile
import uuid
from pathlib import Path

from tests.emulator import running

sys.path.append(str(Path(__file__).parents[1] / "tests"))
from faults.sending_processes import Sent, send

SPEED = 12.0
LIMIT = 1000
CLIENTS = tuple(f"client-{n}" for n in range(8))
WORLDS = {
    "as fast as possible": {"minutes": 2.0},
    "1280 per minute, evenly": {"minutes": 3.0, "paces": (40, 40, 40, 40)},
    "1240 per minute, mostly one process": {"minutes": 3.0, "paces": (110, 15, 15, 15)},
    "400 per minute, all accepted": {"minutes": 2.0, "paces": (12.5, 12.5, 12.5, 12.5)},
    "8 clients, as fast as possible": {"minutes": 1.2, "clients": CLIENTS, "limit": LIMIT, "speed": 6.0},
}


def run() -> None:
    """Print accepted events relative to the limit (highest minute, mean), and store operations per event."""
    figures = f"{'max/limit':>11}{'first minute':>13}{'mean/limit':>11}{'refused':>9}{'ops/event':>10}"
    print(f"{'store':<10}{'demand':<36}{figures}")
    with tempfile.TemporaryDirectory() as folder:
        for name, world in WORLDS.items():
            print_line("sqlite", name, world, f"sqlite:///{folder}/{uuid.uuid4().hex}.db")
    with running():
        for name, world in WORLDS.items():
            print_line("emulator", name, world, f"firestore://demo-{uuid.uuid4().hex[:12]}")


def print_line(store: str, name: str, world: dict, address: str) -> None:
    """Print the figures of one demand; the limit is that of all its clients."""
    sent: Sent = send(address, **({"speed": SPEED} | world))
    limit = LIMIT * len(world.get("clients", ("acme",)))
    mean = sent.mean / limit
    cost = sent.operations / len(sent.passed)
    figures = f"{sent.most / limit:>11.3f}{sent.first_minute / limit:>13.3f}{mean:>11.3f}{sent.refused:>9}{cost:>10.4f}"
    print(f"{store:<10}{name:<36}{figures}", flush=True)


if __name__ == "__main__":
    run()
