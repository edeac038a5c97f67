"""How instances divide a rate budget: each leases a share and spends it under a sliding window of its own.

The shares of all instances never add up to more than the limit, and an instance gives up only units that its window
does not hold, so no minute ever passes more than the limit, wherever the requests arrive. A share is leased: if its
holder disappears, the share is free again one minute after its lease ends. Steady traffic needs no access to the store,
since an instance's own window returns what it used (docs/decisions/0020-budgets.md has the proof and the measurements).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from brain.domain.rates.window import WINDOW_SECONDS, SlidingWindow

CLOCK_SKEW_SECONDS: Final = 2.0
LEASE_SECONDS: Final = 60.0
LONGEST_LEASE_SECONDS: Final = 300.0
# The fraction of the limit that instances without a share may pass in total; with exact shares the limit holds to 5 %.
_UNSHARED_FRACTION: Final = 0.04
_INITIAL_FRACTION: Final = 0.16
_GROWTH_MARGIN: Final = 1.1
_OVERSIZED_FACTOR: Final = 4
_SPARE_DIVISOR: Final = 20


@dataclass(frozen=True, slots=True)
class RateShare:
    """The part of a budget that one holder may spend.

    Attributes:
        units: units per minute.
        lease_ends_at: when the lease ends, in seconds of the wall clock.
        is_short: whether the holder wanted more than was available.
    """

    units: int
    lease_ends_at: float
    is_short: bool = False

    @property
    def reclaimable_at(self) -> float:
        """When the units are free again if the holder never renews its lease."""
        return self.lease_ends_at + WINDOW_SECONDS + CLOCK_SKEW_SECONDS


@dataclass(frozen=True, slots=True)
class RateBudget:
    """``limit`` units per minute that up to ``instances`` instances divide; times are in seconds."""

    limit: int
    instances: int = 4

    @property
    def allowance(self) -> int:
        """The units per minute that an instance may pass without a share, so that a small sender needs no store."""
        return int(self.limit * _UNSHARED_FRACTION / self.instances)

    @property
    def initial_share(self) -> int:
        """The units of an instance's first share."""
        return max(1, int(self.limit * _INITIAL_FRACTION / self.instances))

    def lease_seconds(self, units: int) -> float:
        """Return the length of a share's lease: longer for a small one, since little is lost while it is unused."""
        if units <= 0:
            return 0.0
        return min(LONGEST_LEASE_SECONDS, max(LEASE_SECONDS, LEASE_SECONDS * self.limit / (4 * units)))

    def count_free(self, others: Collection[RateShare], own: int, now: float) -> int:
        """Return the number of units that nobody holds."""
        return max(0, self.limit - own - sum(other.units for other in others if other.reclaimable_at > now))

    def resize_share(
        self, own: int, used: int, amount: int, others: Collection[RateShare], now: float, *, projected: float
    ) -> RateShare:
        """Return the share to hold from now on.

        When too few units are free for ``amount``, the size stays and the share is marked as short, so that the other
        instances give up what they do not use.

        Args:
            own: the units of the present share.
            used: the units in the instance's window.
            amount: the units requested beyond that; 0 when a lease is only renewed.
            others: the shares of the other instances.
            now: seconds of the wall clock.
            projected: the units of a minute at the present rate; infinity when the last growth was used up at once.
        """
        own = min(own, self.limit)
        free, needed = self.count_free(others, own, now), used + amount
        if needed > own + free:
            units, is_short = own, True
        elif needed > own:
            units, is_short = self._grow(own, needed, free, projected), False
        else:
            units, is_short = self._shrink(own, needed, others, now), False
        lease = max(self.lease_seconds(units), LEASE_SECONDS if is_short else 0.0)
        return RateShare(units, now + lease, is_short)

    def _grow(self, own: int, needed: int, free: int, projected: float) -> int:
        """Grow to what a minute will use, which saves leases, but leave half of a large remainder to the others."""
        wanted = max(needed + self.initial_share // 2, min(self.limit, _GROWTH_MARGIN * projected), self.initial_share)
        offered = own + min(free, max(free // 2, self.limit // 10))
        return max(needed, min(int(wanted), offered))

    def _shrink(self, own: int, used: int, others: Collection[RateShare], now: float) -> int:
        """Give up what was unused for a minute: nearly all when another instance is short, else only a large excess."""
        if any(other.is_short and other.lease_ends_at > now for other in others):
            return min(own, used + used // _SPARE_DIVISOR)
        if own > self.initial_share and own > _OVERSIZED_FACTOR * used:
            return min(own, 2 * used)
        return own

    def wait_seconds(
        self, window: SlidingWindow, own: int, amount: int, others: Collection[RateShare], now: float, monotonic: float
    ) -> float:
        """Return the seconds until ``amount`` passes if nobody else takes anything; 0 for now, infinity for never.

        Either the own window returns enough units for a share of ``own``, or the others' leases end one by one. ``now``
        is the time of the wall clock, ``monotonic`` that of the window.
        """
        capacity = max(self.allowance, own + self.count_free(others, own, now))
        shortest = window.wait_seconds(monotonic, amount, capacity)
        leased = (share for share in others if share.reclaimable_at > now)
        for share in sorted(leased, key=lambda share: share.reclaimable_at):
            capacity = min(self.limit, capacity + share.units)
            wait = max(share.reclaimable_at - now, window.wait_seconds(monotonic, amount, capacity))
            shortest = min(shortest, wait)
        return shortest
