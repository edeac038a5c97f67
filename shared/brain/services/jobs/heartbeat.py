"""A heartbeat beside the work of a run, in a thread that ends with the work."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Protocol

from brain.domain.jobs.runs import HEARTBEAT_PERIOD
from brain.errors import LeaseLostError


class Beat(Protocol):
    """Renews a lease."""

    def __call__(self) -> bool:
        """Return whether to beat again; any error but ``LeaseLostError`` may pass."""


class Heartbeat(Protocol):
    """Beats while its context lasts."""

    def __call__(self, beat: Beat, /) -> AbstractContextManager[None]:
        """Return the context of the work."""


@contextmanager
def beat_in_thread(beat: Beat, period: timedelta = HEARTBEAT_PERIOD) -> Iterator[None]:
    """Beat every ``period``, the first time after one, until the context ends or the lease is lost or at its limit.

    A beat that fails otherwise is repeated after a period: two may fail before the lease expires, and then the next
    commit of the work either succeeds or says that the lease was lost.
    """
    has_ended = threading.Event()

    def run() -> None:
        while not has_ended.wait(period.total_seconds()) and _try_beat(beat):
            pass

    thread = threading.Thread(target=run, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        has_ended.set()
        thread.join()


def _try_beat(beat: Beat) -> bool:
    try:
        return beat()
    except LeaseLostError:
        return False
    except Exception:  # noqa: BLE001 - whatever it was, the run must not be lost to another worker for it
        return True
