"""Says what the shop's decisions earned, from its own database."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.roi.config import RoiConfig
from brain.domain.retail.roi.decision import Decision
from brain.domain.retail.roi.statement import Period, Statement, statement
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop
from brain.services.retail.decisions import recorded
from brain.services.retail.facts import known_store, read_known


@dataclass(frozen=True, slots=True)
class Constants:
    """What the valuation takes as given."""

    retail: RetailConfig
    roi: RoiConfig

    def with_margin(self, share: float | None) -> "Constants":
        """The same with another default margin; None changes nothing."""
        if share is None:
            return self
        margins = self.roi.margins.model_copy(update={"default": share})
        return replace(self, roi=self.roi.model_copy(update={"margins": margins}))


def roi(
    shop: Shop, constants: Constants, period: Period, as_of: date | None = None, told_by: datetime | None = None
) -> Statement | None:
    """Value the decisions of ``period`` by sales up to ``as_of``; None when no decision was ever recorded.

    Raises InvalidInputError without sales, or for a store that does not exist.
    """
    if period.store_id is not None:
        known_store([store.store_id for store in shop.stores()], period.store_id)
    return valued(shop, constants, period, recorded(shop, told_by), as_of)


def valued(
    shop: Shop, constants: Constants, period: Period, decisions: Sequence[Decision], as_of: date | None = None
) -> Statement | None:
    """The same for decisions at hand."""
    if not decisions:
        return None
    known = read_known(shop, until=as_of)
    return statement(known.series, known.facts, decisions, period, constants.retail, constants.roi)


def month(text: str, store_id: str | None = None) -> Period:
    """The period of a month such as 2026-10. Raises InvalidInputError when it is none."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as exc:
        raise InvalidInputError(f"expected a month such as 2026-10, got {text!r}") from exc
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return Period(first, date.fromordinal(following.toordinal() - 1), store_id)
