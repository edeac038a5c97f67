"""The worlds in which jobs crash: a small agency and a small shop, in which every job has something to do."""

import shutil
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from brain.adapters.sqlite.store import SqliteStore
from brain.bootstrap import Brain
from brain.domain.clients.client import Client
from brain.domain.jobs.steps import (
    JOBS,
    LEARNING,
    ROI_REPORT,
    ClientSelection,
)
from brain.domain.retail.roi.shop_decision import parse_decision
from brain.errors import StoreUnavailableError
from brain.ports.document_store import DocumentStore
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import build_activity_marks
from brain.services.retail.decisions import record_decisions
from brain.settings.environment import read_settings
from brain.testing.gated_writer import GatedWriter
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.agency import START, simulate_days, simulate_post
from brain.testing.simulations.client import store_events
from brain.testing.simulations.memory_brain import MutableSecrets
from brain.testing.simulations.shop_clients import BAKER, RIVAL, fill_warehouse, open_warehouse

CLIENT = "acme"
AGENCY_CLIENTS = (CLIENT, "globex", "initech")
SHOP_DAYS = 95
AGENCY_DAYS = 4
SHOP_SELECTION = ClientSelection.SHOP


@dataclass(slots=True)
class CrashWorlds:
    """Templates of the worlds, in a folder: an agency of three clients and a shop of two."""

    folder: Path
    _templates: dict[bool, Path] = field(default_factory=dict)

    def copy(self, job: str, name: str) -> Path:
        """Return the folder of a fresh world for a job."""
        is_shop = JOBS[job].clients is SHOP_SELECTION
        template = self._templates.get(is_shop) or self._build(is_shop=is_shop)
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(template, folder)
        return folder

    def _build(self, *, is_shop: bool) -> Path:
        template = self.folder / ("template-shop" if is_shop else "template-agency")
        template.mkdir()
        clock = ManualClock(START)
        with closing(SqliteStore(str(template / "brain.db"), clock, synchronous="OFF")) as store:
            (fill_shop if is_shop else fill_agency)(store, clock, template)
        self._templates[is_shop] = template
        return template


def fill_shop(store: DocumentStore, _clock: ManualClock, folder: Path) -> None:
    """Fill the world of the shop: two clients with stores, their sales and decisions."""
    for client in (BAKER, RIVAL):
        Clients(store).put(client)
    for job in JOBS:
        store.set(paths.feature(job), {"enabled": True})
    promotion = {"kind": "promotion", "start": "2026-11-05", "end": "2026-11-09", "cost": "2000", "store_id": "north"}
    with closing(open_warehouse(f"sqlite:///{folder / 'shop.db'}")) as warehouse:
        fill_warehouse(warehouse, SHOP_DAYS)
        record_decisions(warehouse, [parse_decision(promotion, datetime(2026, 11, 4, tzinfo=UTC))])


def fill_agency(store: DocumentStore, clock: ManualClock, folder: Path) -> None:
    """Fill the world of the agency: posts of four days, outcomes, events without a score, and a dead letter."""
    for client in AGENCY_CLIENTS:
        Clients(store).put(Client(client, client.title(), "agency"))
    simulate_days(store, clock, AGENCY_CLIENTS, AGENCY_DAYS, posts=12)
    for client in AGENCY_CLIENTS:
        pairs = [simulate_post(client, AGENCY_DAYS, number, seed=1) for number in range(6)]
        store_events(store, *(early for early, _ in pairs))
    at = clock.time = get_scheduled_time(LEARNING) - timedelta(hours=2)
    for client in AGENCY_CLIENTS:
        store.write_many(build_activity_marks(client, at))
    brain = build_brain(store, clock, folder)
    brain.give_up(Task("brainWeeklyReport", CLIENT, at, at), StoreUnavailableError("of this simulation"))


def get_scheduled_time(job: str) -> datetime:
    """Return the scheduled time of the job's run in its world."""
    if job == ROI_REPORT:
        return datetime(2026, 12, 1, 5, tzinfo=UTC)
    if JOBS[job].clients is SHOP_SELECTION:
        return datetime(2026, 11, 23, 4, tzinfo=UTC)
    return START + timedelta(days=AGENCY_DAYS + 1, hours=6)


def build_brain(store: DocumentStore, clock: ManualClock, folder: Path) -> Brain:
    """Return the Brain of a new process; it logs nothing and takes no events."""
    secrets = MutableSecrets()
    secrets.texts["DATABASE_URL"] = f"sqlite:///{folder / 'shop.db'}"
    brain = Brain(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock, secrets, store)
    brain.log = lambda *_, **__: None
    brain.writer = GatedWriter()
    return brain
