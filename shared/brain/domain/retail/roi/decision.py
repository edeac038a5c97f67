"""A decision that the shop took and wants to see the worth of, and how one is read from a form or a file."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from brain.domain.retail.imports import fields
from brain.domain.retail.imports.fields import UnreadableFieldError
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES
from brain.errors import InvalidInputError

LONGEST_NOTE = 500


class Kind(StrEnum):
    """What was decided."""

    STAFFING = "staffing"
    STOCK = "stock"
    PROMOTION = "promotion"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for which days (both included), and what it cost.

    ``store_id`` None means every store; with neither ``product_id`` nor ``category`` it is about the whole shop.
    ``cost`` is in the currency's major unit, negative when the decision saved money. ``expected`` is what its maker
    hoped to earn. ``recorded_at`` is when the Brain was told.
    """

    decision_id: str
    kind: Kind
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
        """How many days it lasts, open or not."""
        return (self.end - self.start).days + 1

    @property
    def subject(self) -> str:
        """The product or category it is about, or ``*``."""
        return self.product_id or self.category or ALL_PRODUCTS

    @property
    def recorded_late(self) -> bool:
        """Whether it was told only after its last day, when what came of it could be seen already."""
        return self.recorded_at.date() > self.end


COLUMNS = ("kind", "start", "end", "cost", "store_id", "product_id", "category", "expected", "note", "id")
REQUIRED = ("kind", "start", "end", "cost")


def read_decision(given: Mapping[str, str], recorded_at: datetime) -> Decision:
    """Return the decision in ``given``: texts by ``COLUMNS``, empty or absent where nothing was said.

    Without an ``id`` it is named by kind, store, subject and first day, so that the same decision told again is the
    same decision.

    Raises:
        InvalidInputError: a field cannot be read, or the fields contradict each other.
    """
    try:
        return _checked(_read(given, recorded_at))
    except UnreadableFieldError as exc:
        raise InvalidInputError(str(exc)) from exc


def _read(given: Mapping[str, str], recorded_at: datetime) -> Decision:
    kind = _kind(given.get("kind", ""))
    start = fields.day("start", given.get("start", ""))
    end = fields.day("end", given["end"]) if given.get("end", "").strip() else start
    store = fields.optional_name("store_id", given.get("store_id", ""))
    store = None if store == ALL_STORES else store
    product = fields.optional_name("product_id", given.get("product_id", ""))
    category = fields.optional_name("category", given.get("category", ""))
    cost = fields.amount("cost", given.get("cost", ""))
    if cost is None:
        raise UnreadableFieldError("cost is empty; give what the decision cost, 0 if nothing, less than 0 if it saved")
    named = ":".join((kind, store or ALL_STORES, product or category or ALL_PRODUCTS, start.isoformat()))
    return Decision(
        decision_id=fields.optional_name("id", given.get("id", "")) or named,
        kind=kind,
        start=start,
        end=end,
        cost=cost,
        recorded_at=recorded_at,
        store_id=store,
        product_id=product,
        category=category,
        expected=fields.amount("expected", given.get("expected", "")),
        note=given.get("note", "").strip(),
    )


def _kind(text: str) -> Kind:
    try:
        return Kind(text.strip().lower())
    except ValueError:
        raise UnreadableFieldError(f"kind must be one of {', '.join(Kind)}, got {text!r}") from None


def _checked(decision: Decision) -> Decision:
    if decision.end < decision.start:
        raise UnreadableFieldError(
            f"end {decision.end} is before start {decision.start}; both are days on which it runs, correct one"
        )
    if decision.product_id and decision.category:
        raise UnreadableFieldError(
            f"a decision is about a product or a category, got {decision.product_id!r} and {decision.category!r}; "
            "leave one out"
        )
    if len(decision.note) > LONGEST_NOTE or not decision.note.isprintable():
        raise UnreadableFieldError(f"note must be a line of at most {LONGEST_NOTE} printable characters; shorten it")
    return decision


def kept(new: Decision, before: Decision | None) -> Decision:
    """Return what to store of ``new``: told again word for word, a decision keeps the time at which it was told."""
    if before is None:
        return new
    return before if replace(new, recorded_at=before.recorded_at) == before else new
