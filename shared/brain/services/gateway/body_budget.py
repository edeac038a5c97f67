"""Bounds the bytes of request bodies that an instance holds at the same time, so that it cannot run out of memory."""

from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

from brain.errors import OverloadedError

SMALL_BODY_BYTES: Final = 64 * 1024
SMALL_POOL_BYTES: Final = 16 * 1024 * 1024
LARGE_POOL_BYTES: Final = 24 * 1024 * 1024
"""Two bodies of the largest size; parsed and stored, each takes several times its bytes."""
UNPROVEN_SMALL_POOL_BYTES: Final = 8 * 1024 * 1024
UNPROVEN_LARGE_POOL_BYTES: Final = 12 * 1024 * 1024
"""Three of the longest bodies that are read before their sender is known."""
RETRY_AFTER_SECONDS: Final = 2.0


@dataclass(slots=True)
class BodyBudget:
    """The bytes in flight, in two pools: large bodies, of any client, never keep out a small one.

    It is used from the event loop only, so it needs no lock.

    Example:
        >>> budget = BodyBudget()
        >>> with budget.lease() as lease:
        ...     lease.reserve(1_000_000)
        ...     budget.large_bytes
        1000000
        >>> budget.large_bytes
        0
    """

    small_bytes: int = 0
    large_bytes: int = 0
    small_pool_bytes: int = SMALL_POOL_BYTES
    large_pool_bytes: int = LARGE_POOL_BYTES

    @classmethod
    def of_unproven_senders(cls) -> "BodyBudget":
        """Return a budget of their own for bodies of which only a signature over them can tell who sent them.

        Whoever announces many of them and sends none keeps nobody out who has an API key.
        """
        return cls(small_pool_bytes=UNPROVEN_SMALL_POOL_BYTES, large_pool_bytes=UNPROVEN_LARGE_POOL_BYTES)

    def lease(self) -> "BodyLease":
        """Return the lease of one request, which ends with the ``with`` statement."""
        return BodyLease(self)


@dataclass(slots=True)
class BodyLease:
    """The bytes that one request holds."""

    _budget: BodyBudget = field(repr=False)
    _bytes: int = 0

    def __enter__(self) -> Self:
        """Return the lease, which holds nothing yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Return the bytes to the budget."""
        self._return()

    def move_to(self, budget: BodyBudget) -> None:
        """Reserve from another budget from now on."""
        self._return()
        self._budget = budget

    def reserve(self, body_bytes: int) -> None:
        """Hold at least ``body_bytes``, in place of what the lease held before.

        Raises:
            OverloadedError: The pool has no room for them; the lease holds nothing.
        """
        if body_bytes <= self._bytes:
            return
        self._return()
        is_small = body_bytes <= SMALL_BODY_BYTES
        in_use = self._budget.small_bytes if is_small else self._budget.large_bytes
        if in_use + body_bytes > (self._budget.small_pool_bytes if is_small else self._budget.large_pool_bytes):
            raise OverloadedError(
                "this instance is reading other large requests; send the request again",
                retry_after_seconds=RETRY_AFTER_SECONDS,
            )
        self._bytes = body_bytes
        self._add(body_bytes)

    def _return(self) -> None:
        if self._bytes:
            self._add(-self._bytes)
            self._bytes = 0

    def _add(self, amount: int) -> None:
        if self._bytes <= SMALL_BODY_BYTES:
            self._budget.small_bytes += amount
        else:
            self._budget.large_bytes += amount
