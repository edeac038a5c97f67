"""Simulates the agency's twelve weeks over HTTP on a virtual clock (senders, jobs, reports), then the shop."""

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import httpx
import uvicorn

from brain.adapters.sql_warehouse.config import WarehouseConfig
from brain.adapters.virtual_clock import VirtualClock
from brain.bootstrap import Brain
from brain.bootstrap.warehouse import open_warehouse
from brain.cli.demo import agency
from brain.cli.demo.agency import CLIENTS, DAYS, START, SimulatedRequest
from brain.cli.demo.shop import CAFES, DECISIONS, SimulatedShop
from brain.cli.printing import ProgressReporter
from brain.domain.retail.series import Store
from brain.entrypoints.local import LocalServer
from brain.errors import BrainError
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.retail.decisions import record_decisions
from brain.services.retail.import_files import ImportFile, ImportKind, ImportLimits, import_files
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler

RESENT_EVERY_DAYS = 7
# The shop's nightly jobs in the order in which they are scheduled, before the report that a manager reads on Monday.
SHOP_JOBS = ("signal-magnitude", "product-weather", "backtesting", "curiosity", "roi-report")
START_SECONDS = 10.0


@contextmanager
def listen(brain: Brain) -> Iterator[str]:
    """Yield the URL of a server of this Brain on a free port of this machine."""
    app = LocalServer(brain, schedule=False).app()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        _await_start(server)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _await_start(server: uvicorn.Server) -> None:
    tick = threading.Event()
    waited = 0.0
    while not server.started and waited < START_SECONDS:
        tick.wait(0.01)
        waited += 0.01
    if not server.started:
        raise BrainError(f"expected the local server within {START_SECONDS} seconds, got no answer; try again")


class Simulation:
    """One run of the demonstration; ``counts`` holds what became of everything that was ``sent``."""

    def __init__(self, brain: Brain, clock: VirtualClock, url: str, seed: int) -> None:
        self._brain = brain
        self._clock = clock
        self._http = httpx.Client(base_url=url, timeout=120)
        self._seed = seed
        self.shop = SimulatedShop(seed)
        self._keys = {client.client_id: brain.key_ring.create(client.client_id)[0] for client in CLIENTS}
        self.sent = 0
        self.counts: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        for client in CLIENTS:
            Clients(brain.store).put(client)

    def run_agency(self, report: ProgressReporter, days: int = DAYS) -> None:
        """Simulate the days: events as they arrive, scores at midnight, analysis in the morning, reports on Mondays."""
        for day in range(days):
            if day % 7 == 0:
                report(0, activity=f"agency, week {day // 7 + 1} of {-(-days // 7)}")
            self._send_day(day)
            midnight = START + timedelta(days=day + 1)
            self._run_job("hourly-scores", midnight)
            self._run_job("daily-analysis", midnight + timedelta(hours=6))
            if midnight.weekday() == 0:
                self._run_job("weekly-report", midnight + timedelta(hours=9))
            report()

    def run_shop(self, report: ProgressReporter) -> None:
        """Import the cafés' files, switch their jobs on, run each once, and write the weekly report."""
        report(activity="shop, import of two years of sales")
        Clients(self._brain.store).put(CAFES)
        with open_warehouse(self._brain.secrets) as warehouse:
            files = [ImportFile(kind, kind, getattr(self.shop, kind)()) for kind in ImportKind]
            default_store = Store("", str(CAFES.time_zone), "DE")
            config = load_config("warehouse", WarehouseConfig)
            limits = ImportLimits(config.batch_lines, config.bad_lines_shown)
            import_files(warehouse, files, default_store, limits, strict=True)
            record_decisions(warehouse, DECISIONS)
        monday = START + timedelta(days=DAYS)
        for number, job in enumerate(SHOP_JOBS):
            report(activity=f"shop, {job}")
            self._brain.store.set(paths.feature(_deployed_name(job)), {"enabled": True})
            self._run_job(job, monday + timedelta(hours=2, minutes=number))
        self._run_job("weekly-report", monday + timedelta(hours=9, minutes=1))

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _send_day(self, day: int) -> None:
        noon_run = START + timedelta(days=day, hours=13)
        requests = list(agency.simulate_requests(day, self._seed))
        for request in requests:
            if request.sent_at >= noon_run > self._clock.now():
                self._run_job("hourly-scores", noon_run)
            self._send(request, json.dumps(request.payload).encode(), _count_items(request.payload))
        if day % RESENT_EVERY_DAYS == 0:  # a sender that got no answer sends again
            repeated = next(request for request in requests if request.source == "social_twitter")
            self._send(repeated, json.dumps(repeated.payload).encode(), _count_items(repeated.payload))
        for request, body in agency.simulate_faults(day):
            self._send(request, body or json.dumps(request.payload).encode(), 1)

    def _send(self, request: SimulatedRequest, body: bytes, items: int) -> None:
        self._clock.set(request.sent_at)
        headers = {"Authorization": f"Bearer {self._keys[request.client_id]}", "Content-Type": "application/json"}
        path = f"/ingest/v1/clients/{request.client_id}/events/{request.source}"
        response = self._http.post(path, content=body, headers=headers)
        self.sent += items
        self.counts.update(response.json().get("counts") or {"refused": items})

    def _run_job(self, name: str, scheduled_at: datetime) -> None:
        self._clock.set(scheduled_at)
        answer = self._http.post(f"/jobs/{name}", json={"scheduled_at": scheduled_at.isoformat()}).json()
        if answer.get("status") != "success":
            raise BrainError(f"{name} at {scheduled_at.isoformat()} ended as {json.dumps(answer)[:400]}")
        self.runs[name] += 1


def _deployed_name(job: str) -> str:
    name = read_scheduler().find_job(job)
    assert name is not None  # noqa: S101 - the names above are the table's
    return name


def _count_items(payload: object) -> int:
    if isinstance(payload, dict) and isinstance(payload.get("data"), list):
        return len(payload["data"])
    return len(payload) if isinstance(payload, list) else 1
