"""What each signal is worth to a client's stores, and their next days, kept and published every night."""

import hashlib
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import calendar_to_rows, to_json_value
from brain.domain.retail.lifts.effect_ledger import EffectEntry, EffectState
from brain.domain.retail.lifts.signal_lifts import SignalLift
from brain.errors import InvalidInputError
from brain.services.retail.calendar import calendar_of
from brain.services.retail.facts import Known
from brain.services.retail.own_shop import OwnShop
from brain.services.retail.shop_job import Findings, Step
from brain.services.retail.signals import measured

DAYS_AHEAD = 14
STALE_AFTER_DAYS = 28
"""Days without any sales after which the next ones are not forecast: the shop is shut, or its sales do not arrive."""


def steps(config: RetailConfig) -> tuple[Step, ...]:
    """Return the job's steps: first the lifts and their ledger, then the calendar."""
    return (
        Step("signals", "shop-signals", {"rows": [], "retired": []}, lambda shop, known: _signals(shop, known, config)),
        Step("calendar", "shop-calendar", {"rows": []}, lambda shop, known: _calendar(shop, known, config)),
    )


def _signals(shop: OwnShop, known: Known, config: RetailConfig) -> Findings:
    found = measured(shop, known, config)
    claimed = [lift for lift in found.lifts if lift.claimed]
    retired = [entry for entry in found.ledger if entry.state is EffectState.RETIRED]
    told = [entry for entry in found.ledger if entry.state is not EffectState.WATCHED]
    return Findings(
        {"signals": len(found.lifts), "claimed": len(claimed), "retired": len(retired)},
        {"rows": to_json_value(_surest_first(found.lifts)), "retired": to_json_value(retired)},
        {_entry_id(entry): {"kind": "effect", **to_json_value(entry)} for entry in told},
    )


def _surest_first(lifts: Sequence[SignalLift]) -> list[SignalLift]:
    return sorted(lifts, key=lambda one: (-one.confidence, one.store_id, one.signal_class, one.signal))


def _entry_id(entry: EffectEntry) -> str:
    return f"effect-{hashlib.sha256('|'.join(entry.key).encode()).hexdigest()[:24]}"


def _calendar(shop: OwnShop, known: Known, config: RetailConfig) -> Findings:
    behind = (shop.day - known.last_day).days
    if behind > STALE_AFTER_DAYS:
        raise InvalidInputError(
            f"no sales have come since {known.last_day}; the next days are forecast again when there are some"
        )
    days = calendar_of(shop, known, config, behind + DAYS_AHEAD)
    rows = [row for row in calendar_to_rows(days) if _is_ahead(row, shop.day)]
    rush = sum(row["rush_probability"] >= config.forecast.call_rush_at for row in rows)
    return Findings({"days_ahead": len(rows), "rush_days": rush}, {"rows": rows})


def _is_ahead(row: dict[str, Any], ended: date) -> bool:
    return date.fromisoformat(row["day"]) >= ended + timedelta(days=1)
