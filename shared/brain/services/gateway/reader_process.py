"""Reads large bodies in another process, so that no body keeps the event loop from the other senders' requests."""

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

import anyio
import anyio.to_process

from brain.errors import InvalidInputError, OverloadedError

MAX_READ_SECONDS: Final = 30.0
"""Twenty times what the slowest body within all bounds takes, as other processes may share the processor."""
RETRY_AFTER_SECONDS: Final = 5.0
_ATTEMPTS: Final = 2
_ENDED: Final = (anyio.BrokenWorkerProcess, OSError)
_Reading = TypeVar("_Reading")


@dataclass(slots=True)
class ReaderProcess:
    """Runs one reading at a time, so that the memory of only one large body is multiplied by what is built of it.

    The process starts with the first large body and stays. A reading that exceeds its time, or that ends the process
    twice, is an error of its body alone: the next one gets a new process. A process that ended once may have been ended
    by anything, and one that cannot start at all says nothing about the body.
    """

    _turns: anyio.CapacityLimiter = field(default_factory=lambda: anyio.CapacityLimiter(1), repr=False)

    async def run(self, read: Callable[..., _Reading], *arguments: object) -> _Reading:
        """Return what ``read`` returns in the process; it, its arguments and what it returns must be picklable.

        Raises:
            InvalidInputError: the body took too long, or more memory than there is.
            OverloadedError: the process cannot be started now.
            Exception: what ``read`` raises.
        """
        async with self._turns:
            try:
                with anyio.fail_after(MAX_READ_SECONDS):
                    return await _run_again(read, arguments)
            except TimeoutError as error:
                raise InvalidInputError(
                    f"expected a body that is read within {MAX_READ_SECONDS:.0f} seconds, got a longer one; "
                    "split the request"
                ) from error
            except (MemoryError, *_ENDED) as error:
                if not isinstance(error, MemoryError):
                    await _check_start()
                raise InvalidInputError(
                    "expected a body that fits into memory, got one that ended its reader; split the request"
                ) from error


async def _run_again(read: Callable[..., _Reading], arguments: tuple[object, ...]) -> _Reading:
    """Run a reading, once more in a new process if the process ended."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return await anyio.to_process.run_sync(_run_undisturbed, read, arguments, cancellable=True)
        except _ENDED:
            continue
    return await anyio.to_process.run_sync(_run_undisturbed, read, arguments, cancellable=True)


async def _check_start() -> None:
    """Check that a process can be started at all.

    Raises:
        OverloadedError: it cannot; nothing is known about what it should have read.
    """
    try:
        with anyio.fail_after(MAX_READ_SECONDS):
            await anyio.to_process.run_sync(os.getpid, cancellable=True)
    except (TimeoutError, MemoryError, *_ENDED) as error:
        raise OverloadedError(
            "this instance cannot start the process that reads large requests; send the request again",
            retry_after_seconds=RETRY_AFTER_SECONDS,
        ) from error


def _run_undisturbed(read: Callable[..., _Reading], arguments: tuple[object, ...]) -> _Reading:
    """Run a reading in the process, which an interrupt or an exit of its own must not carry into the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        return read(*arguments)
    except (KeyboardInterrupt, SystemExit):
        os._exit(1)
