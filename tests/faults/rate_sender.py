"""One sending process of the rate tests: threads that take events of one client from a shared store's budgets.

``python rate_sender.py '{"store": …}'`` prints ``ready``, reads the time at which all processes begin, and prints what
passed and what it cost as JSON. Time may run faster than it does.
"""

import asyncio
import json
import os
import sys
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime

from brain.bootstrap.adapters import open_document_store
from brain.errors import RateLimitedError, StoreUnavailableError
from brain.services.gateway.rate_limits import RateLimits
from brain.settings.environment import read_settings
from brain.testing.faulty_store import FaultyStore


@dataclass
class FastClock:
    """A clock that all processes share: it runs ``speed`` times as fast as time since ``epoch``."""

    epoch: float
    speed: float

    def now(self) -> datetime:
        """Return the fast time."""
        return datetime.fromtimestamp(self.epoch + (time.time() - self.epoch) * self.speed, UTC)


async def send(
    limits: RateLimits, clock: FastClock, options: dict, client: str, passed: list[float], refused: list[int]
) -> None:
    """Send single events until the end; a pace of 0 means as fast as it goes, with a short rest after a refusal."""
    end = options["epoch"] + options["seconds"]
    gap = 60 / options["pace"] / options["speed"] if options["pace"] else 0.0
    due = time.time()
    while time.time() < end:
        try:
            await limits.take_events(client, 1)
            passed.append(clock.now().timestamp())
        except (RateLimitedError, StoreUnavailableError):
            refused[0] += 1
            await asyncio.sleep(0.005)
        due += gap
        if gap:
            await asyncio.sleep(max(0.0, due - time.time()))


def main(options: dict) -> None:
    """Send from several threads and print what passed."""
    clock = FastClock(time.time(), options["speed"])
    store = FaultyStore(open_document_store(read_settings({"BRAIN_STORE": options["store"]}), clock))
    limits = RateLimits(store, clock, os.urandom(8).hex(), options["limit"], 10 * options["limit"])
    passed: list[float] = []
    refused = [0]
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    options["epoch"] = clock.epoch = float(sys.stdin.readline())
    time.sleep(max(0.0, options["epoch"] - time.time()))
    threads = [
        threading.Thread(
            target=lambda client: asyncio.run(send(limits, clock, options, client, passed, refused)),
            args=(options["clients"][n % len(options["clients"])],),
        )
        for n in range(options["threads"])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report = {"passed": sorted(passed), "refused": refused[0], "reads": store.reads, "writes": store.writes}
    sys.stdout.write(json.dumps(report))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
