"""The effect ledger: which lifts are claimed, since when, and which were retired because they no longer hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from brain.domain.retail.config import LiftConfig
from brain.domain.retail.lifts.signal_lifts import SignalLift


class EffectState(StrEnum):
    """``watched``: measured, its sign not sure; ``claimed``: sure; ``retired``: was claimed and no longer holds."""

    WATCHED = "watched"
    CLAIMED = "claimed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class EffectEntry:
    """One signal in one series, as it stands. ``since`` is the day it entered its state, ``reason`` why."""

    store_id: str
    product_id: str | None
    signal: str
    signal_class: str
    state: EffectState
    since: date
    reason: str
    lift: float
    lower: float
    upper: float
    occurrences: int
    confidence: float
    last_seen: date

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What the entry is about; one entry a key."""
        return (self.store_id, self.product_id or "", self.signal_class, self.signal)


def update_effect_ledger(
    ledger: Iterable[EffectEntry], measured: Sequence[SignalLift], as_of: date, settings: LiftConfig
) -> list[EffectEntry]:
    """The ledger after the measurements of ``as_of``, sorted by key; the same measurements twice change nothing.

    A lift is claimed when its sign is sure enough, and stays so until its sign turns, its confidence falls below
    ``retire_below``, or it has not acted for ``retire_unseen_days``. A retired effect may earn its claim again.
    """
    before = {entry.key: entry for entry in ledger}
    after = dict(before)
    for one in measured:
        key = (one.store_id, one.product_id or "", one.signal_class, one.signal)
        after[key] = _judged(before.get(key), one, as_of, settings)
    for key, entry in after.items():
        unseen = (as_of - entry.last_seen).days
        if entry.state is EffectState.CLAIMED and unseen > settings.retire_unseen_days:
            reason = f"not seen for {unseen} days"
            after[key] = replace(entry, state=EffectState.RETIRED, since=as_of, reason=reason)
    return [after[key] for key in sorted(after)]


def _judged(entry: EffectEntry | None, one: SignalLift, as_of: date, settings: LiftConfig) -> EffectEntry:
    was = entry.state if entry else EffectState.WATCHED
    state, reason = _next(entry, one, settings)
    unchanged = entry is not None and state is was
    return EffectEntry(
        store_id=one.store_id,
        product_id=one.product_id,
        signal=one.signal,
        signal_class=one.signal_class,
        state=state,
        since=entry.since if unchanged and entry else as_of,
        reason=entry.reason if unchanged and entry else reason,
        lift=one.lift,
        lower=one.lower,
        upper=one.upper,
        occurrences=one.occurrences,
        confidence=one.confidence,
        last_seen=one.last_seen,
    )


def _next(entry: EffectEntry | None, one: SignalLift, settings: LiftConfig) -> tuple[EffectState, str]:
    sure = one.confidence >= settings.claim_sign_at
    if entry is None or entry.state is not EffectState.CLAIMED:
        if sure:
            return EffectState.CLAIMED, f"sign {one.confidence:.0%} sure after {one.occurrences} occurrences"
        state = EffectState.WATCHED if entry is None else entry.state
        return state, f"sign {one.confidence:.0%} sure after {one.occurrences} occurrences"
    if (one.lift > 0) != (entry.lift > 0):
        return EffectState.RETIRED, f"the sign turned: {entry.lift:+.1%} became {one.lift:+.1%}"
    if one.confidence < settings.retire_below:
        return EffectState.RETIRED, f"only {one.confidence:.0%} sure of its sign now"
    return EffectState.CLAIMED, ""
