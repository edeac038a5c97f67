"""Readings that end their process, importable by it."""

import os
from pathlib import Path


def end_the_first_time(marker: str) -> str:
    """End the process as the kernel does, unless it was done before."""
    if not Path(marker).exists():
        Path(marker).touch()
        os._exit(9)
    return "read"


def end_always() -> None:
    """End the process each time."""
    os._exit(9)


def leave() -> None:
    """Raise what is no error but the end of a process."""
    raise SystemExit(3)


def exceed_memory() -> None:
    """Raise what Python raises when there is no more memory."""
    raise MemoryError
