"""How instances divide a budget: each leases a share of it and spends it under a sliding window of its own.

The shares of all instances never add up to more than the limit, and an instance gives up only what its window does
not hold, so no minute ever passes more than the limit, wherever the requests arrive. A share is leased: one whose
holder is gone returns when its lease and a minute more have passed. Steady traffic needs no store at all, since an
instance's own window returns what it used (docs/decisions/0020-budgets.md has the argument and the figures).
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from brain.domain.rates.window import WINDOW_SECONDS, SlidingWindow

CLOCK_SKEW_SECONDS: Final = 2.0
LEASE_SECONDS: Final = 60.0
LONGEST_LEASE_SECONDS: Final = 300.0
# What instances without a share may pass in all, of the limit; with the rest exact, the whole is right to 5 %.
_WITHOUT_SHARE: Final = 0.04
_SMALLEST_SHARE: Final = 0.16
_MARGIN: Final = 1.1
_FAR_TOO_MUCH: Final = 4
_ROOM: Final = 20


@dataclass(frozen=True, slots=True)
class Share:
    """``units`` of a budget that one holder may spend until ``until``; ``short`` says that it wanted more."""

    units: int
    until: float
    short: bool = False

    @property
    def back_at(self) -> float:
        """When the units are anybody's again, if the holder never speaks again."""
        return self.until + WINDOW_SECONDS + CLOCK_SKEW_SECONDS


@dataclass(frozen=True, slots=True)
class Terms:
    """A budget of ``limit`` units a minute that up to ``instances`` instances divide; times are in seconds."""

    limit: int
    instances: int = 4

    @property
    def allowance(self) -> int:
        """What an instance may pass a minute without a share, so that a small sender costs the store nothing."""
        return int(self.limit * _WITHOUT_SHARE / self.instances)

    @property
    def smallest(self) -> int:
        """The share an instance begins with."""
        return max(1, int(self.limit * _SMALLEST_SHARE / self.instances))

    def lease_seconds(self, units: int) -> float:
        """Return how long a share is leased: a small one for longer, since little is lost while it lies idle."""
        if units <= 0:
            return 0.0
        return min(LONGEST_LEASE_SECONDS, max(LEASE_SECONDS, LEASE_SECONDS * self.limit / (4 * units)))

    def free(self, others: Collection[Share], own: int, now: float) -> int:
        """Return how much nobody holds."""
        return max(0, self.limit - own - sum(other.units for other in others if other.back_at > now))

    def resized(
        self, own: int, used: int, amount: int, others: Collection[Share], now: float, *, projected: float
    ) -> Share:
        """Return the share to hold from now on.

        ``own`` is the share held, ``used`` what the window holds, ``amount`` what is asked for beyond (0 when a lease
        is only renewed), ``projected`` what a minute would use at the present pace, infinity where the last growth was
        used up at once. Too little for ``amount`` leaves the
        share as it is and marks it short, so that others give up what they do not use.
        """
        own = min(own, self.limit)
        free, needed = self.free(others, own, now), used + amount
        if needed > own + free:
            units, short = own, True
        elif needed > own:
            units, short = self._grown(own, needed, free, projected), False
        else:
            units, short = self._kept(own, needed, others, now), False
        lease = max(self.lease_seconds(units), LEASE_SECONDS if short else 0.0)
        return Share(units, now + lease, short)

    def _grown(self, own: int, needed: int, free: int, projected: float) -> int:
        """Grow to what a minute will use, which makes leases few, and leave half of a large rest to the others."""
        wanted = max(needed + self.smallest // 2, min(self.limit, _MARGIN * projected), self.smallest)
        offered = own + min(free, max(free // 2, self.limit // 10))
        return max(needed, min(int(wanted), offered))

    def _kept(self, own: int, used: int, others: Collection[Share], now: float) -> int:
        """Give up what was not used for a minute: all but a little when another is short, else what is far too much."""
        if any(other.short and other.until > now for other in others):
            return min(own, used + used // _ROOM)
        if own > self.smallest and own > _FAR_TOO_MUCH * used:
            return min(own, 2 * used)
        return own

    def wait_seconds(
        self, window: SlidingWindow, own: int, amount: int, others: Collection[Share], now: float, steady: float
    ) -> float:
        """Return the seconds until ``amount`` passes when nobody else takes anything; 0 for now, infinity for never.

        Either the own window returns enough for a share of ``own``, or the others' leases end one after the other.
        ``now`` is the clock's time, ``steady`` the window's.
        """
        capacity = max(self.allowance, own + self.free(others, own, now))
        best = window.wait_seconds(steady, amount, capacity)
        for other in sorted((o for o in others if o.back_at > now), key=lambda o: o.back_at):
            capacity = min(self.limit, capacity + other.units)
            later = max(other.back_at - now, window.wait_seconds(steady, amount, capacity))
            best = min(best, later)
        return best
