"""A shop's database whose k-th write breaks, before or after it was applied, and that counts its writes."""

from collections.abc import Sequence
from typing import Any

from brain.errors import StoreUnavailableError
from brain.ports.sales_warehouse import ResultRow, ResultTable, ShopDatabase
from brain.testing.faulty_store import FaultMode, ProcessKilled


class FaultyShopDatabase:
    """A ``ShopDatabase`` over ``inner``; reads pass, the ``fail_at``-th write breaks as ``mode`` says (None: never)."""

    def __init__(self, inner: ShopDatabase, *, fail_at: int | None = None, mode: FaultMode = FaultMode.KILL) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._mode = mode
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        """Pass reads on."""
        return getattr(self._inner, name)

    def put_results(self, table: ResultTable, rows: Sequence[ResultRow]) -> None:
        """Write, unless it is this write's turn to break."""
        self.writes += 1
        breaks = self.writes == self._fail_at
        if breaks and self._mode in {FaultMode.KILL, FaultMode.REFUSE}:
            self._break()
        self._inner.put_results(table, rows)
        if breaks:
            self._break()

    def _break(self) -> None:
        if self._mode in {FaultMode.KILL, FaultMode.KILL_AFTER}:
            raise ProcessKilled
        raise StoreUnavailableError("The database was made unavailable for a test.", retry_after_seconds=0)
