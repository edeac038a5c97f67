"""A job on a client's own shop: steps that find something, keep it in the shop's tables and publish it.

A step first writes its rows (upserts by natural key) and then publishes under the lease, with its name in the
checkpoint. The two cannot be one transaction: killed in between, the step is done again from the same days, writes the
same rows and publishes.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

from brain.domain.retail.documents import MAX_DOCUMENT_BYTES, fit_rows
from brain.errors import InvalidInputError
from brain.ports.document_store import Create, DocumentStore, Set, Update, Write
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.jobs.lease import Figures, Lease
from brain.services.retail.facts import Known, read_known
from brain.services.retail.own_shop import OwnShop, own_shop

WRITES_AT_ONCE = 400


@dataclass(frozen=True, slots=True)
class Findings:
    """What a step found: figures for the job's answer, what its page shows, and ledger entries by id.

    Of the page's lists those named in the step's ``empty`` are cut to what a document may hold.
    """

    figures: Figures
    page: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a job; ``page`` is the view it publishes (None: none), ``empty`` that view when nothing can be said.

    ``find`` raises InvalidInputError when the shop's days do not suffice; its message then stands on the page.
    """

    name: str
    page: str | None
    empty: Mapping[str, Any]
    find: Callable[[OwnShop, Known], Findings]


@dataclass(frozen=True, slots=True)
class ShopJob:
    """Does its steps for the client's stores, each once, stops cleanly between two, and goes on where it stopped."""

    store: DocumentStore
    opened: Callable[[], AbstractContextManager[Shop]]
    steps: tuple[Step, ...]

    def __call__(self, lease: Lease) -> Figures:
        """Return the figures of all steps; ``notes`` says what could not be told and why.

        Raises:
            MisconfiguredError: there is no DATABASE_URL, or the database lacks a table or column.
            StoreUnavailableError: the database or the store did not answer.
        """
        client = Clients(self.store).get(lease.client_id)
        if not client.stores:
            return lease.finish([], {"stores": 0, "notes": ["no stores"]})
        with self.opened() as whole:
            shop = own_shop(whole, client, lease.scheduled_at, _leave(lease))
            return self._work(lease, shop)

    def _work(self, lease: Lease, shop: OwnShop) -> Figures:
        done: list[str] = list(lease.checkpoint.get("steps", []))
        figures = dict(lease.checkpoint.get("figures", {})) or _begun(shop)
        known = _known(shop)
        for step in (one for one in self.steps if one.name not in done):
            if lease.out_of_time():
                return lease.stop(figures)
            findings, note = _found(step, shop, known)
            figures.update(findings.figures)
            if note:
                figures["notes"] = [*figures["notes"], f"{step.name}: {note}"]
            writes = self._published(lease, step, findings, known, note)
            done.append(step.name)
            _commit(lease, writes, {"steps": list(done), "figures": dict(figures)})
        return lease.finish([], figures)

    def _published(
        self, lease: Lease, step: Step, findings: Findings, known: Known | str, note: str | None
    ) -> list[Write]:
        """Return the writes of a step: ledger entries, then the page; none when a later run has published already."""
        if step.page is None:
            return []
        path = paths.view(lease.client_id, step.page)
        shown = self.store.get(path)
        if shown is not None and shown.data["as_of"] > lease.scheduled_at:
            return []
        known_until = None if isinstance(known, str) else known.last_day.isoformat()
        about = {"as_of": lease.scheduled_at, "known_until": known_until, "note": note}
        page = about | _cut({**step.empty, **findings.page}, step.empty)
        entries: list[Write] = [
            Set(paths.ledger(lease.client_id, entry_id), {"as_of": lease.scheduled_at, **entry})
            for entry_id, entry in sorted(findings.ledger.items())
        ]
        return [*entries, Update(path, page, expect=shown.version) if shown else Create(path, page)]


def _leave(lease: Lease) -> Callable[[ResultTable, int], bool]:
    """Return what asks for leave to write rows: a dry run only counts them, a worker that was overtaken is stopped."""

    def may_write(table: ResultTable, rows: int) -> bool:
        if lease.dry_run:
            lease.would_write[str(table)] = lease.would_write.get(str(table), 0) + rows
            return False
        lease.renew()
        return True

    return may_write


def _begun(shop: OwnShop) -> dict[str, Any]:
    there = {store.store_id for store in shop.stores()}
    missing = [store_id for store_id in shop.store_ids if store_id not in there]
    notes = [f"the database has no store {store_id}" for store_id in missing]
    return {"day": shop.day.isoformat(), "stores": len(there), "notes": notes}


def _known(shop: OwnShop) -> Known | str:
    """Return what is known of the shop, or why nothing is."""
    try:
        return read_known(shop)
    except InvalidInputError as error:
        return error.message


def _found(step: Step, shop: OwnShop, known: Known | str) -> tuple[Findings, str | None]:
    if isinstance(known, str):
        return Findings({}), known
    try:
        return step.find(shop, known), None
    except InvalidInputError as error:
        return Findings({}), error.message


def _cut(page: Mapping[str, Any], lists: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page with its lists cut to what fits, and how many rows are left out."""
    whole = {name: value for name, value in page.items() if not isinstance(lists.get(name), list)}
    rooms = max(1, len(page) - len(whole))
    cut = {name: fit_rows(value, MAX_DOCUMENT_BYTES // rooms) for name, value in page.items() if name not in whole}
    return whole | {name: rows for name, (rows, _) in cut.items()} | {"omitted": sum(left for _, left in cut.values())}


def _commit(lease: Lease, writes: Sequence[Write], checkpoint: Mapping[str, Any]) -> None:
    """Write in as many commits as are needed, the page and the step's mark in the last."""
    while len(writes) > WRITES_AT_ONCE:
        lease.commit(writes[:WRITES_AT_ONCE], lease.checkpoint)
        writes = writes[WRITES_AT_ONCE:]
    lease.commit(writes, checkpoint)
