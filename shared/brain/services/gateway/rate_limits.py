"""Rate limits that hold across instances: events per client and in total, and requests per network address.

What an instance may spend, and how long to wait, is decided in :mod:`brain.domain.rates.shares`.
"""

import hashlib
import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Protocol, TypeAlias

import anyio.to_thread

from brain.domain.gateway.requests import MAX_EVENTS
from brain.domain.rates.shares import RateBudget
from brain.domain.rates.window import WINDOW_SECONDS, MonotonicTime
from brain.errors import BrainError, PayloadTooLargeError, RateLimitedError, StoreUnavailableError
from brain.ports.clock import Clock, Sleep
from brain.ports.document_store import DocumentStore
from brain.ports.logger import ErrorReporter
from brain.repositories.gateway.rate_shares import RateShares
from brain.services.gateway.leased_budget import ClockReading, LeasedBudget, ShareLeaser

MAX_BUDGETS = 10_000
IDLE_CHECK_SECONDS = 30.0
MAX_ROUNDS = 4
# A page of a provider may have this many times the events of a minute.
OVERSIZED_FACTOR = 2
DUPLICATES_FACTOR = 10
BudgetCost: TypeAlias = tuple[int, int]
"""The limit of a budget, and how much is taken from it."""


class EventBudgets(Protocol):
    """The budgets that ingest takes events from."""

    async def take_events(self, client_id: str, amount: int, *, after: int = 0) -> None:
        """Take ``amount`` events or raise; ``after`` were taken for the same request."""

    def give_back_events(self, client_id: str, amount: int, *, of: int = 0) -> None:
        """Return what duplicates and failures took, ``amount`` of the ``of`` events of a request."""

    async def check_duplicates(self, client_id: str) -> None:
        """Raise when the client has sent too many duplicates."""

    async def charge_duplicates(self, client_id: str, amount: int) -> None:
        """Count duplicates after the fact."""


class UnlimitedBudgets:
    """Lets everything pass: a backfill has its own pace and takes nothing from live senders."""

    async def take_events(self, client_id: str, amount: int, *, after: int = 0) -> None:
        """Take nothing."""

    def give_back_events(self, client_id: str, amount: int, *, of: int = 0) -> None:
        """Return nothing."""

    async def check_duplicates(self, client_id: str) -> None:
        """Let everything pass."""

    async def charge_duplicates(self, client_id: str, amount: int) -> None:
        """Count nothing."""


@dataclass(slots=True)
class RateLimits:
    """Takes from the client's and the global budget together or from neither; safe in any thread and event loop.

    Each budget is a share leased from the store (``brain.domain.rates.shares``) and spent here. A provider's full page
    may have up to twice the events of a minute and takes all of the client's budget then. Duplicates are given back and
    counted in a budget of their own, ten times the client's.

    Attributes:
        store: holds the shares.
        clock: the wall clock.
        holder: the name of this instance, in hex digits.
        events_a_client: events per client and minute.
        events_in_all: events per minute.
        requests_an_address: unauthenticated requests per network address and minute.
        instances: the largest number of instances that share a budget.
        address_key: hashes addresses, which are personal data.
        sleep: waits between attempts.
        trusted_hops: how many proxies in front of the service name the address of their caller.
    """

    store: DocumentStore
    clock: Clock
    holder: str
    events_a_client: int = 1000
    events_in_all: int = 10_000
    requests_an_address: int = 100
    instances: int = 4
    address_key: bytes = b""
    sleep: Sleep = time.sleep
    trusted_hops: int = 1
    _budgets: OrderedDict[str, LeasedBudget] = field(default_factory=OrderedDict)
    _monotonic: MonotonicTime = field(default_factory=MonotonicTime)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _idle_checked_at: float = -inf

    async def take_events(self, client_id: str, amount: int, *, after: int = 0) -> None:
        """Take ``amount`` events; the event loop is left only when the store must be asked.

        Args:
            client_id: the client that sent them.
            amount: how many to take.
            after: how many were taken for the same request before.

        Raises:
            RateLimitedError: a budget is used up; nothing was taken.
            PayloadTooLargeError: more than the budget of a whole minute in one request, and more than a page.
            StoreUnavailableError: the share in hand is used up and the store did not answer a request for more.
        """
        largest = self._largest_request()
        if self.events_a_client and after + amount > largest:
            raise PayloadTooLargeError(f"at most {largest} events per request, got {after + amount}; split the request")
        costs = {
            budget: (limit, _cost(after + amount, limit) - _cost(after, limit))
            for budget, limit in self._event_limits(client_id).items()
        }
        await self._take({budget: cost for budget, cost in costs.items() if cost[1] or not cost[0]})

    def give_back_events(self, client_id: str, amount: int, *, of: int = 0) -> None:
        """Return what ``amount`` duplicates and failures took, of a request of ``of`` events."""
        taken = max(of, amount)
        with self._lock:
            for budget, limit in self._event_limits(client_id).items():
                if budget in self._budgets:
                    returned = _cost(taken, limit) - _cost(taken - amount, limit)
                    self._budgets[budget].window.give_back(returned)

    async def check_duplicates(self, client_id: str) -> None:
        """Raise ``RateLimitedError`` when the client's duplicates have used up their budget; takes nothing."""
        ((budget, limit),) = self._duplicate_limit(client_id).items()
        with self._lock:
            leased = self._budgets.get(budget)
            if leased is None or leased.has_room(self._now(), 1):
                return
        await self._take({budget: (limit, 1)})
        with self._lock:
            leased.window.give_back(1)

    async def charge_duplicates(self, client_id: str, amount: int) -> None:
        """Count duplicates, which are answered already: beyond the budget they delay the client's next request."""
        limits = self._duplicate_limit(client_id)
        if amount <= 0 or not self.events_a_client:
            return
        try:
            await self._take({budget: (limit, min(amount, limit)) for budget, limit in limits.items()})
        except BrainError:
            with self._lock:
                for budget in limits.keys() & self._budgets.keys():
                    self._budgets[budget].window.take(self._now().monotonic, amount)

    async def take_request(self, address: str, amount: int = 1) -> None:
        """Count requests of an address; raises ``RateLimitedError`` for one that sends too many."""
        await self._take(
            {budget: (limit, min(amount, limit)) for budget, limit in self._address_limit(address).items()}
        )

    def give_back_request(self, address: str, amount: int = 1) -> None:
        """Return what a request took that turned out to be authenticated."""
        with self._lock:
            for budget, limit in self._address_limit(address).items():
                if budget in self._budgets:
                    self._budgets[budget].window.give_back(min(amount, limit))

    def release_shares(self, report_error: ErrorReporter) -> None:
        """Give all shares back as this instance ends; one that cannot be given back ends with its lease."""
        for key, leased in list(self._budgets.items()):
            if leased.units:
                try:
                    self._leaser().release(key, leased)
                except BrainError as error:
                    report_error("release a rate share", error)

    async def _take(self, costs: Mapping[str, BudgetCost]) -> None:
        is_taken, keys = self._try_take(costs)
        if not is_taken:
            await anyio.to_thread.run_sync(self._take_in_thread, costs)
        elif keys:
            await anyio.to_thread.run_sync(self._renew, keys)

    def _take_in_thread(self, costs: Mapping[str, BudgetCost]) -> None:
        for _ in range(MAX_ROUNDS):
            is_taken, keys = self._try_take(costs)
            if is_taken:
                self._renew(keys)
                return
            for key in keys:
                self._request(key, costs[key][1])
        raise StoreUnavailableError("too many concurrent requests for these budgets; send again", retry_after_seconds=1)

    def _try_take(self, costs: Mapping[str, BudgetCost]) -> tuple[bool, list[str]]:
        """Take from all budgets and return those to renew, or take nothing and return the budgets that are short."""
        with self._lock:
            now = self._now()
            budgets = {key: (self._budget(key, limit, amount), amount) for key, (limit, amount) in costs.items()}
            if short_keys := [key for key, (leased, amount) in budgets.items() if not leased.has_room(now, amount)]:
                if wait := max(budgets[key][0].refusal_seconds(now, budgets[key][1]) for key in short_keys):
                    raise _rate_limited(wait)
                return False, short_keys
            for leased, amount in budgets.values():
                leased.window.take(now.monotonic, amount)
            due = [key for key, (leased, _) in budgets.items() if leased.is_renewal_due(now)]
            return True, due + self._idle_keys(now)

    def _request(self, key: str, amount: int) -> None:
        """Request more from the store, one thread at a time; a thread that waited looks at the other's answer first."""
        leased = self._budgets.get(key)
        if leased is None:
            return
        with leased.request_lock:
            with self._lock:
                now = self._now()
                is_answered = leased.has_room(now, amount) or leased.refusal_seconds(now, amount) > 0
            if not is_answered:
                self._leaser().request(key, leased, amount)

    def _renew(self, keys: list[str]) -> None:
        for key in keys:
            leased = self._budgets.get(key)
            if leased and leased.request_lock.acquire(blocking=False):
                try:
                    self._leaser().renew(key, leased)
                finally:
                    leased.request_lock.release()

    def _idle_keys(self, now: ClockReading) -> list[str]:
        """Return, every 30 seconds, the large shares that are idle, so that others get them before their leases end."""
        if now.monotonic < self._idle_checked_at + IDLE_CHECK_SECONDS:
            return []
        self._idle_checked_at = now.monotonic
        return [key for key, leased in self._budgets.items() if leased.is_idle(now)]

    def _budget(self, key: str, limit: int, amount: int) -> LeasedBudget:
        """Return the budget of ``key``; of too many, the least recently used is dropped, and its lease ends."""
        if limit == 0:
            raise RateLimitedError("this budget is 0, so every request is refused", retry_after_seconds=WINDOW_SECONDS)
        if amount > limit:
            raise PayloadTooLargeError(f"at most {limit} events per request, got {amount}; split the request")
        leased = self._budgets.get(key)
        if leased is None:
            leased = self._budgets[key] = LeasedBudget(RateBudget(limit, self.instances))
            if len(self._budgets) > MAX_BUDGETS:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(key)
        return leased

    def _leaser(self) -> ShareLeaser:
        return ShareLeaser(RateShares(self.store), self.holder, self._lock, self._now, self.sleep)

    def _now(self) -> ClockReading:
        wall = self.clock.now().timestamp()
        return ClockReading(wall, self._monotonic.advance(wall))

    def _event_limits(self, client_id: str) -> dict[str, int]:
        return {f"client:{client_id}": self.events_a_client, "all": self.events_in_all}

    def _largest_request(self) -> int:
        """Return how many events a request may have: a whole page, unless the budget is less than half of one."""
        fits_page = OVERSIZED_FACTOR * self.events_a_client >= MAX_EVENTS
        return max(self.events_a_client, MAX_EVENTS) if fits_page else self.events_a_client

    def _duplicate_limit(self, client_id: str) -> dict[str, int]:
        return {f"duplicates:{client_id}": DUPLICATES_FACTOR * self.events_a_client}

    def _address_limit(self, address: str) -> dict[str, int]:
        digest = hmac.new(self.address_key, _network(address).encode(), hashlib.sha256).hexdigest()[:32]
        return {f"address:{digest}": self.requests_an_address}


def _network(address: str) -> str:
    """Return the addresses that one sender controls: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    mapped = getattr(parsed, "ipv4_mapped", None)
    parsed = mapped or parsed
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)  # noqa: PLR2004


def _cost(amount: int, limit: int) -> int:
    """Return what a request of ``amount`` events takes from a budget; a page takes no more than all of it."""
    return min(amount, limit)


def _rate_limited(wait_seconds: float) -> RateLimitedError:
    message = f"the budget is used up; send again after {ceil(wait_seconds)} seconds"
    return RateLimitedError(message, retry_after_seconds=wait_seconds)
