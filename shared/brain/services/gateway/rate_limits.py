"""Budgets that hold across instances: events a client and in all, and requests an address."""

import hashlib
import hmac
import ipaddress
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import ceil, inf
from typing import Protocol

import anyio.to_thread

from brain.domain.rates.shares import Terms
from brain.domain.rates.window import WINDOW_SECONDS, SteadyTime
from brain.errors import BrainError, PayloadTooLargeError, RateLimitedError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore
from brain.repositories.gateway.rates import Rates
from brain.services.gateway.rate_budget import Budget, Lessee, Moment

REMEMBERED = 10_000
TEND_SECONDS = 30.0
ASKS = 4


class EventBudgets(Protocol):
    """What ingest asks before it takes events in."""

    async def take_events(self, client_id: str, amount: int) -> None:
        """Take ``amount`` events or raise."""

    def give_back_events(self, client_id: str, amount: int) -> None:
        """Return what duplicates and failures took."""


class NoBudgets:
    """Lets everything pass: history from files has a pace of its own and takes nothing from live senders."""

    async def take_events(self, client_id: str, amount: int) -> None:
        """Take nothing."""

    def give_back_events(self, client_id: str, amount: int) -> None:
        """Return nothing."""


@dataclass(slots=True)
class RateLimits:
    """Takes from the client's and the global budget together or from neither; any thread or event loop may ask.

    Each budget is a share leased from the store (``brain.domain.rates.shares``) and spent here. Up to ``instances``
    instances share it; ``holder`` (hex digits) names this one; ``address_key`` hides addresses, which name people.
    """

    store: DocumentStore
    clock: Clock
    holder: str
    events_a_client: int = 1000
    events_in_all: int = 10_000
    requests_an_address: int = 100
    instances: int = 4
    address_key: bytes = b""
    sleep: Callable[[float], None] = time.sleep
    _budgets: OrderedDict[str, Budget] = field(default_factory=OrderedDict)
    _steady: SteadyTime = field(default_factory=SteadyTime)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _tended_at: float = -inf

    async def take_events(self, client_id: str, amount: int) -> None:
        """Take ``amount`` events; the event loop is left only when the store must be asked.

        Raises:
            RateLimitedError: a budget is used up; nothing was taken.
            PayloadTooLargeError: more than a whole minute's budget in one request.
            StoreUnavailableError: the share in hand is used up and the store cannot be asked for more.
        """
        await self._take(self._events(client_id), amount)

    def take_events_here(self, client_id: str, amount: int) -> None:
        """Take ``amount`` events in this thread; raises as ``take_events`` does."""
        self._take_here(self._events(client_id), amount)

    def give_back_events(self, client_id: str, amount: int) -> None:
        """Return what duplicates and failures took."""
        with self._lock:
            for key in self._events(client_id):
                if key in self._budgets:
                    self._budgets[key].window.give_back(amount)

    async def take_request(self, address: str) -> None:
        """Count a request of an address; raises ``RateLimitedError`` for one that sends too many."""
        await self._take(self._address(address), 1)

    def check_address(self, address: str) -> None:
        """Raise ``RateLimitedError`` when the address is known to have used its budget up; takes nothing."""
        with self._lock:
            now = self._now()
            for key in self._address(address):
                if key in self._budgets and (wait := self._budgets[key].refusal_seconds(now, 1)):
                    raise _refused(wait)

    def hand_back(self, failed: Callable[[str, Exception], None]) -> None:
        """Give all shares back as this instance ends; one that cannot be is told to ``failed`` and ends by itself."""
        for key, budget in list(self._budgets.items()):
            if budget.units:
                try:
                    self._lessee().leave(key, budget)
                except BrainError as error:
                    failed("hand back a share", error)

    async def _take(self, limits: Mapping[str, int], amount: int) -> None:
        taken, keys = self._try(limits, amount)
        if not taken:
            await anyio.to_thread.run_sync(self._take_here, limits, amount)
        elif keys:
            await anyio.to_thread.run_sync(self._renew, keys)

    def _take_here(self, limits: Mapping[str, int], amount: int) -> None:
        for _ in range(ASKS):
            taken, keys = self._try(limits, amount)
            if taken:
                self._renew(keys)
                return
            for key in keys:
                self._ask(key, amount)
        raise StoreUnavailableError("the budgets are asked for by too many at once; send again", retry_after_seconds=1)

    def _try(self, limits: Mapping[str, int], amount: int) -> tuple[bool, list[str]]:
        """Take from all budgets and return the leases to renew, or take nothing and return those to be asked for."""
        with self._lock:
            now = self._now()
            budgets = {key: self._budget(key, limit, amount) for key, limit in limits.items()}
            wait = max(budget.refusal_seconds(now, amount) for budget in budgets.values())
            if wait:
                raise _refused(wait)
            if short := [key for key, budget in budgets.items() if not budget.has_room(now, amount)]:
                return False, short
            for budget in budgets.values():
                budget.window.take(now.steady, amount)
            return True, [key for key, budget in budgets.items() if budget.renewal_due(now)] + self._idle(now)

    def _ask(self, key: str, amount: int) -> None:
        """Ask the store for more, one thread at a time; who waited for another's answer looks at that first."""
        budget = self._budgets.get(key)
        if budget is None:
            return
        with budget.asking:
            with self._lock:
                now = self._now()
                answered = budget.has_room(now, amount) or budget.refusal_seconds(now, amount) > 0
            if not answered:
                self._lessee().ask(key, budget, amount)

    def _renew(self, keys: list[str]) -> None:
        for key in keys:
            budget = self._budgets.get(key)
            if budget and budget.asking.acquire(blocking=False):
                try:
                    self._lessee().renew(key, budget)
                finally:
                    budget.asking.release()

    def _idle(self, now: Moment) -> list[str]:
        """Return, now and then, the large shares that lie idle, so that others get them before their leases end."""
        if now.steady < self._tended_at + TEND_SECONDS:
            return []
        self._tended_at = now.steady
        return [key for key, budget in self._budgets.items() if budget.lies_idle(now)]

    def _budget(self, key: str, limit: int, amount: int) -> Budget:
        """Return the key's budget; of too many, those that were used longest ago go, and their leases end."""
        if limit == 0:
            raise RateLimitedError(
                "this budget is set to 0, which lets nothing pass", retry_after_seconds=WINDOW_SECONDS
            )
        if amount > limit:
            raise PayloadTooLargeError(f"expected at most {limit} events at once, {amount} came; split them")
        budget = self._budgets.get(key)
        if budget is None:
            budget = self._budgets[key] = Budget(Terms(limit, self.instances))
            if len(self._budgets) > REMEMBERED:
                self._budgets.popitem(last=False)
        self._budgets.move_to_end(key)
        return budget

    def _lessee(self) -> Lessee:
        return Lessee(Rates(self.store), self.holder, self._lock, self._now, self.sleep)

    def _now(self) -> Moment:
        wall = self.clock.now().timestamp()
        return Moment(wall, self._steady.at(wall))

    def _events(self, client_id: str) -> dict[str, int]:
        return {f"client:{client_id}": self.events_a_client, "all": self.events_in_all}

    def _address(self, address: str) -> dict[str, int]:
        digest = hmac.new(self.address_key, _network(address).encode(), hashlib.sha256).hexdigest()[:32]
        return {f"address:{digest}": self.requests_an_address}


def _network(address: str) -> str:
    """Return what one sender can call its own: an IPv4 address, or the /64 network of an IPv6 one."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else str(parsed)  # noqa: PLR2004


def _refused(wait_seconds: float) -> RateLimitedError:
    message = f"the budget is used up; send again after {ceil(wait_seconds)} seconds"
    return RateLimitedError(message, retry_after_seconds=wait_seconds)
