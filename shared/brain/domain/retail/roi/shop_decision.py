"""A decision whose value a shop wants to know, and how to parse one from the fields of a form or file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from brain.domain.retail.imports import fields
from brain.domain.retail.imports.fields import InvalidFieldError
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.errors import InvalidInputError

COLUMNS = ("kind", "start", "end", "cost", "store_id", "product_id", "category", "expected", "note", "id")
REQUIRED_COLUMNS = ("kind", "start", "end", "cost")
MAX_NOTE_LENGTH = 500


class DecisionKind(StrEnum):
    """What was decided."""

    STAFFING = "staffing"
    STOCK = "stock"
    PROMOTION = "promotion"
    POST = "post"


@dataclass(frozen=True, slots=True)
class ShopDecision:
    """A decision with the days on which it runs and its cost.

    Attributes:
        decision_id: the id of the decision, unique within its store.
        kind: what was decided.
        start: the first day.
        end: the last day, included.
        cost: cost in the currency's major unit, negative when the decision saves money.
        recorded_at: when the decision was recorded.
        store_id: the store it is about; None means every store.
        product_id: the product it is about.
        category: the category it is about; without product and category it is about the whole shop.
        expected: what its maker expects to earn by it.
        note: a line to remember it by.
    """

    decision_id: str
    kind: DecisionKind
    start: date
    end: date
    cost: float
    recorded_at: datetime
    store_id: str | None = None
    product_id: str | None = None
    category: str | None = None
    expected: float | None = None
    note: str = ""

    @property
    def days(self) -> int:
        """The number of days it lasts, open or not."""
        return (self.end - self.start).days + 1

    @property
    def recorded_late(self) -> bool:
        """Whether it was recorded only after its last day, when its result could be seen already."""
        return self.recorded_at.date() > self.end


def parse_decision(texts: Mapping[str, str], recorded_at: datetime) -> ShopDecision:
    """Return the decision described by ``texts``, one text per name in ``COLUMNS``; missing texts count as empty.

    Without an ``id`` the id is built from kind, store, subject and first day, so that recording the same decision
    again does not add another one.

    Raises:
        InvalidInputError: a text cannot be parsed, or the texts contradict each other.
    """
    try:
        decision = _parse(texts, recorded_at)
        _check(decision)
    except InvalidFieldError as exc:
        raise InvalidInputError(str(exc)) from exc
    return decision


def merge_decision(decision: ShopDecision, stored: ShopDecision | None) -> ShopDecision:
    """Return what to store: the stored decision if nothing but the time of recording differs, else ``decision``."""
    if stored is None:
        return decision
    return stored if replace(decision, recorded_at=stored.recorded_at) == stored else decision


def _parse(texts: Mapping[str, str], recorded_at: datetime) -> ShopDecision:
    kind = _parse_kind(texts.get("kind", ""))
    start = fields.parse_date("start", texts.get("start", ""))
    end = fields.parse_date("end", texts["end"]) if texts.get("end", "").strip() else start
    store_id = fields.parse_optional_name("store_id", texts.get("store_id", ""))
    store_id = None if store_id == ALL_STORES else store_id
    product_id = fields.parse_optional_name("product_id", texts.get("product_id", ""))
    category = fields.parse_optional_name("category", texts.get("category", ""))
    cost = fields.parse_amount("cost", texts.get("cost", ""))
    if cost is None:
        raise InvalidFieldError("cost is required, got none; give 0 for no cost or a negative number for savings")
    subject = product_id or category or ALL_PRODUCTS
    default_id = ":".join((kind, store_id or ALL_STORES, subject, start.isoformat()))
    return ShopDecision(
        decision_id=fields.parse_optional_name("id", texts.get("id", "")) or default_id,
        kind=kind,
        start=start,
        end=end,
        cost=cost,
        recorded_at=recorded_at,
        store_id=store_id,
        product_id=product_id,
        category=category,
        expected=fields.parse_amount("expected", texts.get("expected", "")),
        note=texts.get("note", "").strip(),
    )


def _parse_kind(text: str) -> DecisionKind:
    try:
        return DecisionKind(text.strip().lower())
    except ValueError:
        raise InvalidFieldError(f"kind must be one of {', '.join(DecisionKind)}, got {text!r}") from None


def _check(decision: ShopDecision) -> None:
    """Raise InvalidFieldError when the fields contradict each other."""
    if decision.end < decision.start:
        raise InvalidFieldError(
            f"end must not be before start {decision.start}, got {decision.end}; both are days on which it runs"
        )
    if decision.product_id and decision.category:
        raise InvalidFieldError(
            f"a decision is about a product or a category, got product {decision.product_id!r} and category "
            f"{decision.category!r}; leave one out"
        )
    if len(decision.note) > MAX_NOTE_LENGTH or not decision.note.isprintable():
        raise InvalidFieldError(
            f"note must be one line of at most {MAX_NOTE_LENGTH} printable characters, got {len(decision.note)}"
        )
