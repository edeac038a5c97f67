"""Facts about records of a CRM, each with its own time: the metrics of a record follow from its newest facts.

A record arrives as a whole (an object, a row) or change by change (a webhook, a captured change), in any order. Its
deal is won once whichever property says so; a deleted record counts nothing until it is restored.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from brain.domain.events import LATEST_LEAD, METRICS, Event, Fact

IS_WON_BY_STAGE: Final = "is_won_by_stage"
"""Whether the stage of a deal means that it is won; None for a stage whose meaning only the client knows."""
IS_WON: Final = "is_won"
"""Whether the provider's own property says that a deal is won."""
WON_AT: Final = "won_at"
AMOUNT: Final = "amount"
CLOSED_AT: Final = "closed_at"
CREATED_AT: Final = "created_at"
IS_DELETED: Final = "is_deleted"
# Providers change the stage, the flag and the close date of one win one after the other.
_WIN_DURATION: Final = timedelta(minutes=1)


class RecordState(NamedTuple):
    """What follows from the facts of a record; ``occurred_at`` is None when no fact gives a time."""

    metrics: Mapping[str, int | float]
    retracted: bool
    occurred_at: datetime | None


def merge_facts(stored: Mapping[str, Fact], new: Mapping[str, Fact]) -> dict[str, Fact]:
    """Return the newest of both of each fact; of two of the same time the new one.

    >>> early, late = datetime(2026, 1, 1), datetime(2026, 1, 2)
    >>> merge_facts({"amount": Fact(7.0, late)}, {"amount": Fact(5.0, early)})["amount"].value
    7.0
    """
    newer = {name: fact for name, fact in new.items() if name not in stored or fact.as_of >= stored[name].as_of}
    return {**stored, **newer}


def derive_state(facts: Mapping[str, Fact], known_at: datetime) -> RecordState:
    """Return the metrics, state and time of a record as it is known at a time.

    A won deal is one conversion of its amount at its close date. An open deal has no metrics.
    """
    deleted = facts.get(IS_DELETED)
    win = _find_win(facts)
    if deleted and deleted.value:
        return RecordState({}, retracted=True, occurred_at=_select_time(facts, win, known_at))
    metrics: dict[str, int | float] = {
        name: value for name in METRICS if name in facts and isinstance(value := facts[name].value, int | float)
    }
    if win:
        metrics["conversions"] = 1.0
        if AMOUNT in facts and isinstance(amount := facts[AMOUNT].value, int | float):
            metrics["revenue"] = float(amount)
    return RecordState(metrics, retracted=False, occurred_at=_select_time(facts, win, known_at))


def infer_facts(event: Event, as_of: datetime) -> dict[str, Fact]:
    """Return the facts of a record that was stored without any, as version 0.1 did."""
    facts = {name: Fact(value, as_of) for name in METRICS if (value := getattr(event, name)) is not None}
    revenue, conversions = facts.pop("revenue", None), facts.get("conversions")
    if event.content_type not in ("deal", "opportunity"):
        return facts | ({"revenue": revenue} if revenue else {})
    facts.pop("conversions", None)
    if conversions is None:
        return facts | {CREATED_AT: Fact(event.occurred_at, as_of)}
    won = {IS_WON: Fact(bool(conversions.value), as_of), WON_AT: Fact(event.occurred_at, as_of)}
    return facts | won | ({AMOUNT: revenue} if revenue else {})


def _find_win(facts: Mapping[str, Fact]) -> Fact | None:
    """Return the fact that says that a deal is won, None if it is not won.

    The provider's own property decides, unless the deal moved to a stage of known meaning later.
    """
    flag, stage = facts.get(IS_WON), facts.get(IS_WON_BY_STAGE)
    if flag is None or flag.value is None:
        decisive = stage
    else:
        is_stage_newer = stage is not None and stage.value is not None and stage.as_of > flag.as_of
        decisive = stage if is_stage_newer else flag
    return decisive if decisive and decisive.value else None


def _select_time(facts: Mapping[str, Fact], win: Fact | None, known_at: datetime) -> datetime | None:
    """Return when a deal was won, or else when the record was created.

    A close date that was known before the win, or is still to come, is only an expectation.
    """
    created_at = _read_time(facts, CREATED_AT)
    if win is None:
        return created_at
    closed_at = _read_time(facts, CLOSED_AT)
    is_of_win = closed_at is not None and win.as_of - facts[CLOSED_AT].as_of <= _WIN_DURATION
    if closed_at and is_of_win and closed_at <= known_at + LATEST_LEAD:
        return closed_at
    return _read_time(facts, WON_AT) or created_at


def _read_time(facts: Mapping[str, Fact], name: str) -> datetime | None:
    value = facts[name].value if name in facts else None
    return value if isinstance(value, datetime) else None
