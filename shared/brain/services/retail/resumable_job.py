"""A job on the stores of one client: steps that analyse, store rows in the shop's tables and publish a page.

A step first writes its rows (upserts by natural key) and then publishes under the lease, with its name in the
checkpoint. The two cannot be one transaction: after a crash in between, the step runs again on the same days, writes
the same rows and publishes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from brain.domain.retail.documents import MAX_DOCUMENT_BYTES, fit_rows
from brain.errors import InvalidInputError
from brain.ports.document_store import Create, DocumentStore, Set, Update, Write
from brain.ports.sales_warehouse import ResultTable, WarehouseOpener
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.jobs.lease import Figures, Lease
from brain.services.retail.client_shop import ClientShop, WritePermission, select_client_shop
from brain.services.retail.shop_history import ShopHistory, read_shop_history

MAX_WRITES_PER_COMMIT = 400


@dataclass(frozen=True, slots=True)
class StepFindings:
    """What a step found: figures for the job's answer, the content of its page, and ledger documents by id.

    Lists of the page that the step's ``empty_page`` names are cut to what a document can hold.
    """

    figures: Figures
    page: Mapping[str, Any] = field(default_factory=dict)
    ledger: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class StepAnalysis(Protocol):
    """Analyses the history of a client's stores and stores its rows."""

    def __call__(self, shop: ClientShop, history: ShopHistory, /) -> StepFindings:
        """Return the findings; raise InvalidInputError when the history does not suffice."""


@dataclass(frozen=True, slots=True)
class ShopStep:
    """A part of a job.

    ``page`` is the view it publishes (None: none) and ``empty_page`` the content of that view without findings. The
    message of an InvalidInputError that ``analyse`` raises is published as the page's note.
    """

    name: str
    page: str | None
    empty_page: Mapping[str, Any]
    analyse: StepAnalysis


@dataclass(frozen=True, slots=True)
class ResumableShopJob:
    """Runs its steps for a client's stores, each once; stops cleanly between two steps and resumes at the next."""

    store: DocumentStore
    open_warehouse: WarehouseOpener
    steps: tuple[ShopStep, ...]

    def __call__(self, lease: Lease) -> Figures:
        """Return the figures of all steps; ``notes`` lists the steps without findings, and why.

        Raises:
            MisconfiguredError: there is no DATABASE_URL, or the database lacks a table or column.
            StoreUnavailableError: the database or the store did not answer.
        """
        client = Clients(self.store).get(lease.client_id)
        if not client.stores:
            return lease.finish([], {"stores": 0, "notes": ["no stores"]})
        with self.open_warehouse() as database:
            shop = select_client_shop(database, client, lease.scheduled_at, _write_permission(lease))
            return self._run_steps(lease, shop)

    def _run_steps(self, lease: Lease, shop: ClientShop) -> Figures:
        finished: list[str] = list(lease.checkpoint.get("steps", []))
        figures = dict(lease.checkpoint.get("figures", {})) or _initial_figures(shop)
        history = _read_history(shop)
        for step in (step for step in self.steps if step.name not in finished):
            if lease.out_of_time():
                return lease.stop(figures)
            findings, note = _run_step(step, shop, history)
            figures.update(findings.figures)
            if note:
                figures["notes"] = [*figures["notes"], f"{step.name}: {note}"]
            writes = self._build_writes(lease, step, findings, history, note)
            finished.append(step.name)
            _commit(lease, writes, {"steps": list(finished), "figures": dict(figures)})
        return lease.finish([], figures)

    def _build_writes(
        self, lease: Lease, step: ShopStep, findings: StepFindings, history: ShopHistory | str, note: str | None
    ) -> list[Write]:
        """Return the ledger documents of a step and then its page; none when a later run has published already."""
        if step.page is None:
            return []
        path = paths.view(lease.client_id, step.page)
        published = self.store.get(path)
        if published is not None and published.data["as_of"] > lease.scheduled_at:
            return []
        known_until = None if isinstance(history, str) else history.last_day.isoformat()
        header = {"as_of": lease.scheduled_at, "known_until": known_until, "note": note}
        page = header | _cut_lists({**step.empty_page, **findings.page}, step.empty_page)
        ledger_writes: list[Write] = [
            Set(paths.ledger(lease.client_id, document_id), {"as_of": lease.scheduled_at, **document})
            for document_id, document in sorted(findings.ledger.items())
        ]
        page_write = Update(path, page, expect=published.version) if published else Create(path, page)
        return [*ledger_writes, page_write]


def _write_permission(lease: Lease) -> WritePermission:
    """Return a permission that only counts rows in a dry run, and stops a worker that lost its lease."""

    def may_write(table: ResultTable, row_count: int) -> bool:
        if lease.dry_run:
            lease.would_write[str(table)] = lease.would_write.get(str(table), 0) + row_count
            return False
        lease.renew()
        return True

    return may_write


def _initial_figures(shop: ClientShop) -> dict[str, Any]:
    existing_ids = {store.store_id for store in shop.stores()}
    missing_ids = [store_id for store_id in shop.store_ids if store_id not in existing_ids]
    notes = [f"the database has no store {store_id}" for store_id in missing_ids]
    return {"day": shop.day.isoformat(), "stores": len(existing_ids), "notes": notes}


def _read_history(shop: ClientShop) -> ShopHistory | str:
    """Return the history of the shop, or why there is none."""
    try:
        return read_shop_history(shop)
    except InvalidInputError as error:
        return error.message


def _run_step(step: ShopStep, shop: ClientShop, history: ShopHistory | str) -> tuple[StepFindings, str | None]:
    """Return the findings of a step, or empty findings and why there are none."""
    if isinstance(history, str):
        return StepFindings({}), history
    try:
        return step.analyse(shop, history), None
    except InvalidInputError as error:
        return StepFindings({}), error.message


def _cut_lists(page: Mapping[str, Any], empty_page: Mapping[str, Any]) -> dict[str, Any]:
    """Return a page with its lists cut to equal shares of a document, and the number of rows ``omitted``."""
    uncut = {name: content for name, content in page.items() if not isinstance(empty_page.get(name), list)}
    list_count = max(1, len(page) - len(uncut))
    cut = {name: fit_rows(rows, MAX_DOCUMENT_BYTES // list_count) for name, rows in page.items() if name not in uncut}
    omitted = sum(rows_omitted for _, rows_omitted in cut.values())
    return uncut | {name: rows for name, (rows, _) in cut.items()} | {"omitted": omitted}


def _commit(lease: Lease, writes: Sequence[Write], checkpoint: Mapping[str, Any]) -> None:
    """Write in as many commits as needed; the last one holds the page and the new checkpoint."""
    while len(writes) > MAX_WRITES_PER_COMMIT:
        lease.commit(writes[:MAX_WRITES_PER_COMMIT], lease.checkpoint)
        writes = writes[MAX_WRITES_PER_COMMIT:]
    lease.commit(writes, checkpoint)
