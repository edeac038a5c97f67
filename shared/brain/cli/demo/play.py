"""Plays the agency's twelve weeks over HTTP on a clock that is turned by hand: senders, jobs, reports."""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import uvicorn

from brain.adapters.virtual_clock import VirtualClock
from brain.bootstrap import Brain
from brain.bootstrap.warehouse import open_warehouse
from brain.cli.demo import agency
from brain.cli.demo.agency import CLIENTS, DAYS, START, Sending
from brain.cli.demo.shop import CAFES, DECIDED, Shop
from brain.domain.retail.series import Store
from brain.entrypoints.local import LocalServer
from brain.errors import BrainError
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.retail.decisions import record_decisions
from brain.services.retail.import_files import ImportFile, ImportLimits, Kind, import_files
from brain.settings.scheduler import read_scheduler

RESENT_EVERY_DAYS = 7
# The shop's nights, in the order in which they are scheduled, and the report that a manager reads on Monday.
SHOP_JOBS = ("signal-magnitude", "product-weather", "backtesting", "curiosity", "roi-report")
START_SECONDS = 10.0


@contextmanager
def listening(brain: Brain) -> Iterator[str]:
    """Yield the address of a server of this Brain on a free port of this machine."""
    app = LocalServer(brain, schedule=False).app()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    tick = threading.Event()
    waited = 0.0
    while not server.started and waited < START_SECONDS:
        tick.wait(0.01)
        waited += 0.01
    if not server.started:
        raise BrainError("the local server did not start within ten seconds; is the machine very busy?")
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


class Play:
    """One performance; ``counts`` has what became of everything that was sent."""

    def __init__(self, brain: Brain, clock: VirtualClock, address: str, seed: int) -> None:
        self._brain = brain
        self._clock = clock
        self._http = httpx.Client(base_url=address, timeout=120)
        self._seed = seed
        self.shop = Shop(seed)
        self._keys = {client.client_id: brain.key_ring.create(client.client_id)[0] for client in CLIENTS}
        self.sent = 0
        self.counts: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        for client in CLIENTS:
            Clients(brain.store).put(client)

    def run(self, progress: Callable[[], None], days: int = DAYS) -> None:
        """Play the days: events as they come, scores at midnight, analysis in the morning, reports on Mondays."""
        for day in range(days):
            self._send_day(day)
            midnight = START + timedelta(days=day + 1)
            self._job("hourly-scores", midnight)
            self._job("daily-analysis", midnight + timedelta(hours=6))
            if midnight.weekday() == 0:
                self._job("weekly-report", midnight + timedelta(hours=9))
            progress()

    def run_shop(self, progress: Callable[[], None]) -> None:
        """Take the cafés' files in, switch their jobs on, run each once, and write the weekly report."""
        Clients(self._brain.store).put(CAFES)
        with open_warehouse(self._brain.secrets) as warehouse:
            files = [ImportFile(kind, kind, getattr(self.shop, kind)()) for kind in Kind]
            new_store = Store("", str(CAFES.time_zone), "DE")
            import_files(warehouse, files, new_store, ImportLimits(), strict=True)
            record_decisions(warehouse, DECIDED)
        monday = START + timedelta(days=DAYS)
        for number, job in enumerate(SHOP_JOBS):
            self._brain.store.set(paths.feature(self._deployed(job)), {"enabled": True})
            self._job(job, monday + timedelta(hours=2, minutes=number))
            progress()
        self._job("weekly-report", monday + timedelta(hours=9, minutes=1))

    def _deployed(self, job: str) -> str:
        name = read_scheduler().job_named(job)
        assert name is not None  # noqa: S101 - the names above are the table's
        return name

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send_day(self, day: int) -> None:
        sent = list(agency.sendings(day, self._seed))
        for sending in sent:
            if sending.at >= START + timedelta(days=day, hours=13) > self._clock.now():
                self._job("hourly-scores", START + timedelta(days=day, hours=13))
            self._send(sending, json.dumps(sending.payload).encode(), _items(sending.payload))
        if day % RESENT_EVERY_DAYS == 0:  # a sender that saw no answer sends again
            again = next(s for s in sent if s.source == "social_twitter")
            self._send(again, json.dumps(again.payload).encode(), _items(again.payload))
        for sending, body in agency.faults(day):
            self._send(sending, body or json.dumps(sending.payload).encode(), 1)

    def _send(self, sending: Sending, body: bytes, items: int) -> None:
        self._clock.set(sending.at)
        headers = {"Authorization": f"Bearer {self._keys[sending.client_id]}", "Content-Type": "application/json"}
        address = f"/ingest/v1/clients/{sending.client_id}/events/{sending.source}"
        answer = self._http.post(address, content=body, headers=headers)
        self.sent += items
        self.counts.update(answer.json().get("counts") or {"refused": items})

    def _job(self, name: str, at: datetime) -> None:
        self._clock.set(at)
        answer = self._http.post(f"/jobs/{name}", json={"scheduled_at": at.isoformat()}).json()
        if answer.get("status") != "success":
            raise BrainError(f"{name} at {at.isoformat()} ended as {json.dumps(answer)[:400]}")
        self.runs[name] += 1


def _items(payload: object) -> int:
    if isinstance(payload, dict) and isinstance(payload.get("data"), list):
        return len(payload["data"])
    return len(payload) if isinstance(payload, list) else 1
