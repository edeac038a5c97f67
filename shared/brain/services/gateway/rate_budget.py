"""One budget as this instance knows it: the share in hand, what was spent of it, and how more of it is leased."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple

from brain.domain.rates.shares import Share, Terms
from brain.domain.rates.window import SlidingWindow
from brain.errors import AlreadyExistsError, ConflictError, StoreUnavailableError
from brain.repositories.gateway.rates import Holders, Rates

ASK_SECONDS = 20.0
SHORT_SECONDS = 60.0
AGAIN_SECONDS = 5.0
HOT_SECONDS = 2.0
ATTEMPTS = 12
_STAGGER_SECONDS = 0.002


class Moment(NamedTuple):
    """A reading of the clock: what it says, and seconds that never fall."""

    wall: float
    steady: float


@dataclass(slots=True)
class Budget:
    """Changed under its owner's lock; ``until``, ``grown_at`` and the like are steady seconds."""

    terms: Terms
    window: SlidingWindow = field(default_factory=SlidingWindow)
    units: int = 0
    until: float = -inf
    renew_at: float = inf
    ask_at: float = -inf
    grown_at: float = -inf
    short_until: float = -inf
    others: tuple[Share, ...] = ()
    asking: threading.Lock = field(default_factory=threading.Lock)

    def own(self, now: Moment) -> int:
        """Return the share in hand; none when its lease has ended."""
        return self.units if now.steady < self.until else 0

    def has_room(self, now: Moment, amount: int) -> bool:
        """Whether ``amount`` fits into what may be spent without asking."""
        return self.window.held(now.steady) + amount <= max(self.own(now), self.terms.allowance)

    def refusal_seconds(self, now: Moment, amount: int) -> float:
        """Return how long to wait before the store is worth asking for ``amount``; 0 when it is now."""
        if self.has_room(now, amount) or now.steady >= self.ask_at:
            return 0.0
        return self.wait_seconds(now, amount)

    def wait_seconds(self, now: Moment, amount: int) -> float:
        """Return how long until ``amount`` passes when nobody else takes anything, by what was read last."""
        return self.terms.wait_seconds(self.window, self.own(now), amount, self.others, now.wall, now.steady)

    def renewal_due(self, now: Moment) -> bool:
        """Whether half of the lease is over."""
        return self.renew_at <= now.steady < self.until

    def lies_idle(self, now: Moment) -> bool:
        """Whether a large share was not used for a minute."""
        return self.renewal_due(now) and self.units > self.terms.smallest and not self.window.held(now.steady)


@dataclass(slots=True)
class Lessee:
    """Leases shares of budgets for one holder; one thread a budget at a time."""

    rates: Rates
    holder: str
    lock: threading.Lock
    now: Callable[[], Moment]
    sleep: Callable[[float], None]

    def ask(self, key: str, budget: Budget, amount: int) -> None:
        """Ask for a share that has room for ``amount`` (0 to renew the lease), or learn how long there is none.

        Raises:
            StoreUnavailableError: the store did not answer; the share in hand stays.
        """
        for attempt in range(ATTEMPTS):
            holders = self.rates.read(key)
            now, own, share = self._decide(budget, holders, amount)
            if not self._worth_writing(budget, holders.shares.get(self.holder), own, share, now):
                return
            try:
                self.rates.write(key, holders, self.holder, share, now.wall)
            except (ConflictError, AlreadyExistsError):
                self.sleep(_STAGGER_SECONDS * (attempt + 1) * (1 + int(self.holder[-2:], 16) % 8))
            else:
                self._hold(budget, share, now)
                return
        raise StoreUnavailableError("too many instances ask for this budget at once; send again", retry_after_seconds=1)

    def renew(self, key: str, budget: Budget) -> None:
        """Renew the lease or give up what is not needed; the share in hand is good for a while without the store."""
        try:
            self.ask(key, budget, 0)
        except StoreUnavailableError:
            with self.lock:
                budget.renew_at = self.now().steady + AGAIN_SECONDS

    def leave(self, key: str, budget: Budget) -> None:
        """Give the share back; what the last minute used stays taken until the minute is over."""
        with self.lock:
            now = self.now()
            used, budget.units = budget.window.held(now.steady), 0
        self.rates.write(key, self.rates.read(key), self.holder, Share(used, now.wall), now.wall)

    def _decide(self, budget: Budget, holders: Holders, amount: int) -> tuple[Moment, int, Share]:
        """Return the share held and the one to hold; what is given up is not spent from this moment on."""
        others = tuple(share for name, share in holders.shares.items() if name != self.holder)
        with self.lock:
            now = self.now()
            own, used = budget.own(now), budget.window.held(now.steady)
            hot = now.steady - budget.grown_at < HOT_SECONDS
            projected = inf if hot else budget.window.projected(now.steady, amount)
            share = budget.terms.resized(own, used, amount, others, now.wall, projected=projected)
            if share.short:
                budget.ask_at, budget.short_until = now.steady + ASK_SECONDS, now.steady + SHORT_SECONDS
            elif amount == 0 and now.steady < budget.short_until:
                share = replace(share, short=True)
            else:
                budget.ask_at = now.steady
            budget.others = others
            budget.units = min(own, share.units)
        return now, own, share

    @staticmethod
    def _worth_writing(budget: Budget, mine: Share | None, own: int, share: Share, now: Moment) -> bool:
        """Whether the store must know: another size, a lease to renew, or that this one is short."""
        if mine is None:
            return share.units > 0 or share.short
        changed = not share.units == own == mine.units
        return changed or budget.renew_at <= now.steady or (share.short and not mine.short)

    def _hold(self, budget: Budget, share: Share, now: Moment) -> None:
        with self.lock:
            if share.units > budget.units:
                budget.grown_at = now.steady
            budget.units = share.units
            lease = share.until - now.wall
            budget.until, budget.renew_at = now.steady + lease, now.steady + lease / 2
