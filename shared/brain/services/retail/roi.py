"""Value a shop's decisions from its own database; the monthly job writes the report on them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from brain.domain.clients.client import Client
from brain.domain.reports import monthly_report, shop_pages, text
from brain.domain.reports.report import Report
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import fit_rows
from brain.domain.retail.roi import statement_wording
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.shop_decision import ShopDecision
from brain.domain.retail.roi.statement import RoiStatement, StatementPeriod, build_statement
from brain.domain.retail.roi.statement_document import statement_to_document
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import InvalidInputError
from brain.ports.document_store import DocumentStore, Set, Write
from brain.ports.sales_warehouse import ResultTable, ShopDatabase, WarehouseOpener
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.services.jobs.lease import Figures, Lease
from brain.services.retail.client_shop import ClientShop, select_client_shop
from brain.services.retail.decisions import decisions_from_rows, list_decisions
from brain.services.retail.shop_history import check_store_exists, read_shop_history

PAGE = "shop-roi"


@dataclass(frozen=True, slots=True)
class RoiConstants:
    """The configuration of a valuation."""

    retail: RetailConfig
    roi: RoiConfig

    def with_margin(self, default_margin: float | None) -> "RoiConstants":
        """Return the constants with another default margin; None changes nothing."""
        if default_margin is None:
            return self
        margins = self.roi.margins.model_copy(update={"default": default_margin})
        return replace(self, roi=self.roi.model_copy(update={"margins": margins}))


class HtmlRenderer(Protocol):
    """Renders a report as an HTML page."""

    def __call__(self, report: Report, /) -> str:
        """Return the HTML of ``report``."""


def value_decisions(
    warehouse: ShopDatabase, constants: RoiConstants, period: StatementPeriod, as_of: date | None = None
) -> RoiStatement | None:
    """Value the recorded decisions of ``period`` by sales up to ``as_of``; None when no decision was ever recorded.

    Raises:
        InvalidInputError: there are no sales, or no store ``period.store_id``.
    """
    if period.store_id is not None:
        check_store_exists([store.store_id for store in warehouse.stores()], period.store_id)
    return _build_statement(warehouse, constants, period, list_decisions(warehouse), as_of)


def parse_month(month: str, store_id: str | None = None) -> StatementPeriod:
    """Return the period of a month such as 2026-10. Raises InvalidInputError for anything else."""
    try:
        first_day = date.fromisoformat(f"{month}-01")
    except ValueError as exc:
        raise InvalidInputError(f"expected a month such as 2026-10, got {month!r}") from exc
    next_month = date(first_day.year + first_day.month // 12, first_day.month % 12 + 1, 1)
    return StatementPeriod(first_day, next_month - timedelta(days=1), store_id)


@dataclass(frozen=True, slots=True)
class RoiReport:
    """Values a client's decisions and publishes the report and its page in one commit; stores no table rows."""

    store: DocumentStore
    open_warehouse: WarehouseOpener
    constants: RoiConstants
    render_html: HtmlRenderer

    def __call__(self, lease: Lease) -> Figures:
        """Report on the decisions that ended in the month before the scheduled time, in the client's time zone.

        Raises:
            MisconfiguredError: there is no DATABASE_URL, or the database lacks a table or column.
            StoreUnavailableError: the database or the store did not answer.
        """
        client = Clients(self.store).get(lease.client_id)
        if not client.stores:
            return lease.finish([], {"stores": 0, "notes": ["no stores"]})
        with self.open_warehouse() as database:
            shop = select_client_shop(database, client, lease.scheduled_at, lambda _table, _row_count: False)
            period = _previous_month(lease.scheduled_at.astimezone(client.time_zone).date())
            valuation = self._value(shop, database, lease, period)
        assert period.first is not None  # noqa: S101 - a month has a first day
        pages = self._read_pages(client)
        report = monthly_report.build_monthly_report(client, period.first, lease.scheduled_at, valuation, pages)
        return lease.finish(self._build_writes(lease, report, valuation), _build_figures(report, valuation))

    def _value(
        self, shop: ClientShop, database: ShopDatabase, lease: Lease, period: StatementPeriod
    ) -> RoiStatement | str:
        """Return the statement on what was recorded and sold by the scheduled time, or why there is none."""
        decisions = list_client_decisions(shop, database, lease.scheduled_at)
        try:
            return _build_statement(shop, self.constants, period, decisions) or statement_wording.NO_DECISIONS
        except InvalidInputError as error:
            return error.message

    def _read_pages(self, client: Client) -> dict[str, Any]:
        names = [shop_pages.PAGES[name] for name in (shop_pages.ACCURACY, shop_pages.FINDINGS)]
        documents = self.store.get_all([paths.view(client.client_id, name) for name in names])
        return {name: page.data for name, page in zip(names, documents, strict=True) if page is not None}

    def _build_writes(self, lease: Lease, report: Report, valuation: RoiStatement | str) -> list[Write]:
        """Return the report and its page; the page only if no later run has published it already."""
        document = report.to_document() | {"text": text.render(report), "html": self.render_html(report)}
        writes: list[Write] = [Set(paths.report(lease.client_id, report.kind, report.period), document)]
        page_path = paths.view(lease.client_id, PAGE)
        published = self.store.get(page_path)
        if published is None or published.data["as_of"] <= lease.scheduled_at:
            note = valuation if isinstance(valuation, str) else None
            page = statement_to_document(None if isinstance(valuation, str) else valuation)
            rows, omitted = fit_rows(page["decisions"])
            header = {"as_of": lease.scheduled_at, "month": report.period, "note": note, "omitted": omitted}
            writes.append(Set(page_path, page | header | {"decisions": rows}))
        return writes


def list_client_decisions(shop: ClientShop, database: ShopDatabase, recorded_by: datetime) -> list[ShopDecision]:
    """Return the client's decisions; those for all stores only if the database holds no other client's stores."""
    decisions = list_decisions(shop, recorded_by)
    if {store.store_id for store in database.stores()} <= set(shop.store_ids):
        for_all_stores = decisions_from_rows(database.results(ResultTable.DECISIONS, {"store_id": ALL_STORES}))
        decisions += [
            replace(decision, store_id=None) for decision in for_all_stores if decision.recorded_at <= recorded_by
        ]
    return decisions


def _build_statement(
    warehouse: ShopDatabase,
    constants: RoiConstants,
    period: StatementPeriod,
    decisions: Sequence[ShopDecision],
    as_of: date | None = None,
) -> RoiStatement | None:
    if not decisions:
        return None
    history = read_shop_history(warehouse, until=as_of)
    return build_statement(history.series, history.shop_data, decisions, period, constants.retail, constants.roi)


def _previous_month(today: date) -> StatementPeriod:
    last_day = today.replace(day=1) - timedelta(days=1)
    return StatementPeriod(last_day.replace(day=1), last_day)


def _build_figures(report: Report, valuation: RoiStatement | str) -> Figures:
    notes = [valuation] if isinstance(valuation, str) else []
    figures: dict[str, Any] = {"month": report.period, "headline": report.headline, "notes": notes}
    if not isinstance(valuation, str):
        figures |= {
            "decisions": len(valuation.valuations),
            "unknown": valuation.unknown_count,
            "target": str(valuation.target_status),
        }
    return figures
