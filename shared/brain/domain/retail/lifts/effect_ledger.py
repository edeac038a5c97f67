"""The effect ledger: which lifts are claimed, since when, and which were retired because they no longer hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from brain.domain.retail.config import LiftConfig
from brain.domain.retail.lifts.signal_lifts import SignalLift


class EffectState(StrEnum):
    """``watched``: the sign is not sure yet; ``claimed``: it is; ``retired``: it was claimed and no longer holds."""

    WATCHED = "watched"
    CLAIMED = "claimed"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class EffectEntry:
    """The current state of one signal in one series, entered on the day ``since`` because of ``reason``."""

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
        """The natural key: a ledger has one entry per key."""
        return (self.store_id, self.product_id or "", self.signal_class, self.signal)


def update_effect_ledger(
    ledger: Iterable[EffectEntry], lifts: Sequence[SignalLift], as_of: date, settings: LiftConfig
) -> list[EffectEntry]:
    """Return the ledger after the lifts measured on ``as_of``, sorted by key; idempotent for the same lifts.

    A lift is claimed when its sign is sure enough, and stays claimed until its sign changes, its confidence falls
    below ``retire_below``, or it was not active for ``retire_unseen_days``. A retired effect may be claimed again.
    """
    previous = {effect.key: effect for effect in ledger}
    updated = dict(previous)
    for lift in lifts:
        key = (lift.store_id, lift.product_id or "", lift.signal_class, lift.signal)
        updated[key] = _update_effect(previous.get(key), lift, as_of, settings)
    for key, effect in updated.items():
        unseen = (as_of - effect.last_seen).days
        if effect.state is EffectState.CLAIMED and unseen > settings.retire_unseen_days:
            reason = f"not seen for {unseen} days"
            updated[key] = replace(effect, state=EffectState.RETIRED, since=as_of, reason=reason)
    return [updated[key] for key in sorted(updated)]


def _update_effect(effect: EffectEntry | None, lift: SignalLift, as_of: date, settings: LiftConfig) -> EffectEntry:
    state, reason = _decide_state(effect, lift, settings)
    unchanged = effect is not None and state is effect.state
    return EffectEntry(
        store_id=lift.store_id,
        product_id=lift.product_id,
        signal=lift.signal,
        signal_class=lift.signal_class,
        state=state,
        since=effect.since if unchanged and effect else as_of,
        reason=effect.reason if unchanged and effect else reason,
        lift=lift.lift,
        lower=lift.lower,
        upper=lift.upper,
        occurrences=lift.occurrences,
        confidence=lift.confidence,
        last_seen=lift.last_seen,
    )


def _decide_state(effect: EffectEntry | None, lift: SignalLift, settings: LiftConfig) -> tuple[EffectState, str]:
    """Return the state after ``lift``, and the reason if the state changes."""
    if effect is None or effect.state is not EffectState.CLAIMED:
        previous_state = EffectState.WATCHED if effect is None else effect.state
        state = EffectState.CLAIMED if lift.confidence >= settings.claim_sign_at else previous_state
        occurrences = "1 occurrence" if lift.occurrences == 1 else f"{lift.occurrences} occurrences"
        return state, f"sign {lift.confidence:.0%} sure after {occurrences}"
    if (lift.lift > 0) != (effect.lift > 0):
        return EffectState.RETIRED, f"the sign turned: {effect.lift:+.1%} became {lift.lift:+.1%}"
    if lift.confidence < settings.retire_below:
        return EffectState.RETIRED, f"only {lift.confidence:.0%} sure of its sign now"
    return EffectState.CLAIMED, ""
