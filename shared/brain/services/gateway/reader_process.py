"""Reads large bodies in another process, so that no body keeps the event loop from the other senders' requests."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import anyio
import anyio.to_process

from brain.errors import InvalidInputError

MAX_READ_SECONDS: Final = 30.0
"""Twenty times what the slowest body within all bounds takes, as other processes may share the processor."""
_Reading = TypeVar("_Reading")


@dataclass(slots=True)
class ReaderProcess:
    """Runs one reading at a time, so that the memory of only one large body is multiplied by what is built of it.

    The process starts with the first large body and stays. A reading that exceeds its time, or that ends the process,
    is an error of its body alone: the next one gets a new process.
    """

    _turns: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1), repr=False)

    async def run(self, read: Callable[..., _Reading], *arguments: object) -> _Reading:
        """Return what ``read`` returns in the process; it, its arguments and what it returns must be picklable.

        Raises:
            InvalidInputError: the body took too long, or more memory than there is.
            Exception: what ``read`` raises.
        """
        async with self._turns:
            try:
                with anyio.fail_after(MAX_READ_SECONDS):
                    return await anyio.to_process.run_sync(read, *arguments, cancellable=True)
            except TimeoutError as error:
                raise InvalidInputError(
                    f"expected a body that is read within {MAX_READ_SECONDS:.0f} seconds, got a longer one; "
                    "split the request"
                ) from error
            except anyio.BrokenWorkerProcess as error:
                raise InvalidInputError(
                    "expected a body that fits into memory, got one that ended its reader; split the request"
                ) from error
