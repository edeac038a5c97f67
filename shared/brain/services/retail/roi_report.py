"""Writes a client's monthly report: what decisions that ended in the last month earned, and how the forecast did."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from brain.domain.clients.client import Client
from brain.domain.reports import month as monthly_report
from brain.domain.reports import shop as shop_sections
from brain.domain.reports import text
from brain.domain.reports.report import Report
from brain.domain.retail.documents import fit_rows
from brain.domain.retail.roi import wording
from brain.domain.retail.roi.decision import Decision
from brain.domain.retail.roi.statement import Period, Statement
from brain.domain.retail.series import ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.document_store import DocumentStore, Set, Write
from brain.ports.sales_warehouse import ResultTable, Shop
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.jobs.lease import Figures, Lease
from brain.services.retail.decisions import decisions_of, recorded
from brain.services.retail.own_shop import OwnShop, own_shop
from brain.services.retail.roi import Constants, valued

VIEW = "shop-roi"


@dataclass(frozen=True, slots=True)
class RoiReport:
    """Reads the shop, values its decisions, and publishes the report and its page in one commit; writes no table."""

    store: DocumentStore
    opened: Callable[[], AbstractContextManager[Shop]]
    constants: Constants
    render_html: Callable[[Report], str]

    def __call__(self, lease: Lease) -> Figures:
        """Report on the last month that had ended where the client is.

        Raises:
            MisconfiguredError: there is no DATABASE_URL, or the database lacks a table or column.
            StoreUnavailableError: the database or the store did not answer.
        """
        client = Clients(self.store).get(lease.client_id)
        if not client.stores:
            return lease.finish([], {"stores": 0, "notes": ["no stores"]})
        with self.opened() as whole:
            own = own_shop(whole, client, lease.scheduled_at, lambda _table, _rows: False)
            period = last_month(lease.scheduled_at.astimezone(client.time_zone).date())
            told = self._told(own, whole, lease, period)
        assert period.first is not None  # noqa: S101 - a month has a first day
        pages = self._pages(client)
        report = monthly_report.monthly(client, period.first, lease.scheduled_at, told, pages)
        return lease.finish(self._writes(lease, report, told), _figures(report, told))

    def _told(self, own: OwnShop, whole: Shop, lease: Lease, period: Period) -> Statement | str:
        """The statement by what was told and sold by then, or why there is none."""
        decisions = own_decisions(own, whole, lease)
        try:
            return valued(own, self.constants, period, decisions) or wording.NOTHING
        except InvalidInputError as error:
            return error.message

    def _pages(self, client: Client) -> dict[str, Any]:
        names = [shop_sections.PAGES[name] for name in (shop_sections.ACCURACY, shop_sections.FINDINGS)]
        found = self.store.get_all([paths.view(client.client_id, name) for name in names])
        return {name: one.data for name, one in zip(names, found, strict=True) if one is not None}

    def _writes(self, lease: Lease, report: Report, told: Statement | str) -> list[Write]:
        document = report.document() | {"text": text.render(report), "html": self.render_html(report)}
        writes: list[Write] = [Set(paths.report(lease.client_id, report.kind, report.period), document)]
        view = paths.view(lease.client_id, VIEW)
        shown = self.store.get(view)
        if shown is None or shown.data["as_of"] <= lease.scheduled_at:
            note = told if isinstance(told, str) else None
            page = wording.document(None if isinstance(told, str) else told)
            rows, omitted = fit_rows(page["decisions"])
            about = {"as_of": lease.scheduled_at, "month": report.period, "note": note, "omitted": omitted}
            writes.append(Set(view, page | about | {"decisions": rows}))
        return writes


def last_month(today: date) -> Period:
    """The month before that of ``today``."""
    last = today.replace(day=1) - timedelta(days=1)
    return Period(last.replace(day=1), last)


def own_decisions(own: OwnShop, whole: Shop, lease: Lease) -> list[Decision]:
    """The client's decisions told by the scheduled time; those of every store only where no other client's are kept."""
    found = recorded(own, lease.scheduled_at)
    if {store.store_id for store in whole.stores()} <= set(own.store_ids):
        everywhere = decisions_of(whole.results(ResultTable.DECISIONS, {"store_id": ALL_STORES}))
        found += [replace(one, store_id=None) for one in everywhere if one.recorded_at <= lease.scheduled_at]
    return found


def _figures(report: Report, told: Statement | str) -> Figures:
    notes = [told] if isinstance(told, str) else []
    figures: dict[str, Any] = {"month": report.period, "headline": report.headline, "notes": notes}
    if not isinstance(told, str):
        figures |= {"decisions": len(told.valued), "unknown": told.unknown, "target": str(told.target_reached)}
    return figures
