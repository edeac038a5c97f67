"""One rate budget as this instance sees it: its share, what it has spent of it, and how it leases more."""

import threading
from dataclasses import dataclass, field, replace
from math import inf
from typing import NamedTuple, Protocol

from brain.domain.rates.shares import RateBudget, RateShare
from brain.domain.rates.window import SlidingWindow
from brain.errors import AlreadyExistsError, ConflictError, StoreUnavailableError
from brain.ports.clock import Sleep
from brain.repositories.gateway.rate_shares import BudgetShares, RateShares

REQUEST_INTERVAL_SECONDS = 20.0
SHORT_SECONDS = 60.0
RENEWAL_RETRY_SECONDS = 5.0
RECENT_GROWTH_SECONDS = 2.0
MAX_ATTEMPTS = 12
_BACKOFF_SECONDS = 0.002


class ClockReading(NamedTuple):
    """One reading of the clock: wall time, and monotonic seconds that never fall."""

    wall: float
    monotonic: float


class ClockReader(Protocol):
    """Reads the clock."""

    def __call__(self) -> ClockReading:
        """Return the present time."""


@dataclass(slots=True)
class LeasedBudget:
    """A budget and the share of it in hand; changed under its owner's lock, all times in monotonic seconds."""

    budget: RateBudget
    window: SlidingWindow = field(default_factory=SlidingWindow)
    units: int = 0
    lease_ends_at: float = -inf
    renew_at: float = inf
    request_at: float = -inf
    grown_at: float = -inf
    short_until: float = -inf
    other_shares: tuple[RateShare, ...] = ()
    request_lock: threading.Lock = field(default_factory=threading.Lock)

    def own_units(self, now: ClockReading) -> int:
        """Return the units of the share in hand; 0 after its lease has ended."""
        return self.units if now.monotonic < self.lease_ends_at else 0

    def has_room(self, now: ClockReading, amount: int) -> bool:
        """Whether ``amount`` fits into what may be spent without asking the store."""
        return self.window.total(now.monotonic) + amount <= max(self.own_units(now), self.budget.allowance)

    def refusal_seconds(self, now: ClockReading, amount: int) -> float:
        """Return how long to wait before it is worth asking the store for ``amount``; 0 for now."""
        if self.has_room(now, amount) or now.monotonic >= self.request_at:
            return 0.0
        return self.wait_seconds(now, amount)

    def wait_seconds(self, now: ClockReading, amount: int) -> float:
        """Return how long until ``amount`` passes if nobody else takes anything, by the shares that were read last."""
        own = self.own_units(now)
        return self.budget.wait_seconds(self.window, own, amount, self.other_shares, now.wall, now.monotonic)

    def is_renewal_due(self, now: ClockReading) -> bool:
        """Whether half of the lease has passed."""
        return self.renew_at <= now.monotonic < self.lease_ends_at

    def is_idle(self, now: ClockReading) -> bool:
        """Whether a large share was unused for a minute."""
        is_large = self.units > self.budget.initial_share
        return self.is_renewal_due(now) and is_large and not self.window.total(now.monotonic)


@dataclass(slots=True)
class ShareLeaser:
    """Leases shares of budgets for one holder; one thread per budget at a time."""

    rate_shares: RateShares
    holder: str
    lock: threading.Lock
    now: ClockReader
    sleep: Sleep

    def request(self, key: str, leased: LeasedBudget, amount: int) -> None:
        """Request a share with room for ``amount`` (0 to renew the lease), or learn that there is none yet.

        Raises:
            StoreUnavailableError: the store did not answer; the share in hand stays.
        """
        for attempt in range(MAX_ATTEMPTS):
            stored = self.rate_shares.read(key)
            now, own, share = self._decide(leased, stored, amount)
            if not self._is_write_needed(leased, stored.shares.get(self.holder), own, share, now):
                return
            try:
                self.rate_shares.write(key, stored, self.holder, share, now.wall)
            except (ConflictError, AlreadyExistsError):
                self.sleep(_BACKOFF_SECONDS * (attempt + 1) * (1 + int(self.holder[-2:], 16) % 8))
            else:
                self._take_over(leased, share, now)
                return
        raise StoreUnavailableError("too many concurrent requests for this budget; send again", retry_after_seconds=1)

    def renew(self, key: str, leased: LeasedBudget) -> None:
        """Renew the lease or give up unused units; without the store, the share in hand stays valid for a while."""
        try:
            self.request(key, leased, 0)
        except StoreUnavailableError:
            with self.lock:
                leased.renew_at = self.now().monotonic + RENEWAL_RETRY_SECONDS

    def release(self, key: str, leased: LeasedBudget) -> None:
        """Give the share back; units that were used within the last minute stay taken until it is over."""
        with self.lock:
            now = self.now()
            used, leased.units = leased.window.total(now.monotonic), 0
        self.rate_shares.write(key, self.rate_shares.read(key), self.holder, RateShare(used, now.wall), now.wall)

    def _decide(self, leased: LeasedBudget, stored: BudgetShares, amount: int) -> tuple[ClockReading, int, RateShare]:
        """Return the units in hand and the share to hold; units to be given up are not spent from now on."""
        others = tuple(share for holder, share in stored.shares.items() if holder != self.holder)
        with self.lock:
            now = self.now()
            own, used = leased.own_units(now), leased.window.total(now.monotonic)
            has_just_grown = now.monotonic - leased.grown_at < RECENT_GROWTH_SECONDS
            projected = inf if has_just_grown else leased.window.project_minute(now.monotonic, amount)
            share = leased.budget.resize_share(own, used, amount, others, now.wall, projected=projected)
            if share.is_short:
                leased.request_at = now.monotonic + REQUEST_INTERVAL_SECONDS
                leased.short_until = now.monotonic + SHORT_SECONDS
            elif amount == 0 and now.monotonic < leased.short_until:
                share = replace(share, is_short=True)
            else:
                leased.request_at = now.monotonic
            leased.other_shares = others
            leased.units = min(own, share.units)
        return now, own, share

    @staticmethod
    def _is_write_needed(
        leased: LeasedBudget, stored: RateShare | None, own: int, share: RateShare, now: ClockReading
    ) -> bool:
        """Whether the store must be told: of another size, of a renewed lease, or that this holder is short."""
        if stored is None:
            return share.units > 0 or share.is_short
        is_resized = not share.units == own == stored.units
        return is_resized or leased.renew_at <= now.monotonic or (share.is_short and not stored.is_short)

    def _take_over(self, leased: LeasedBudget, share: RateShare, now: ClockReading) -> None:
        with self.lock:
            if share.units > leased.units:
                leased.grown_at = now.monotonic
            leased.units = share.units
            lease_seconds = share.lease_ends_at - now.wall
            leased.lease_ends_at = now.monotonic + lease_seconds
            leased.renew_at = now.monotonic + lease_seconds / 2
