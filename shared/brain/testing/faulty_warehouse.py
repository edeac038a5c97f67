"""A shop database that fails at a chosen write and counts its writes."""

from collections.abc import Sequence
from typing import Any

from brain.errors import StoreUnavailableError
from brain.ports.sales_warehouse import ResultRow, ResultTable, ShopDatabase
from brain.testing.faulty_store import FaultMode, ProcessKilled


class FaultyShopDatabase:
    """A ``ShopDatabase`` that wraps another one and fails at a chosen write; reads never fail.

    Args:
        inner: The database that does the work.
        fail_at: The number of the write that fails, from 1; with None no write fails.
        mode: How that write fails.

    Example:
        >>> from brain.ports.sales_warehouse import ResultTable
        >>> from brain.testing.simulations.shop_clients import open_warehouse
        >>> warehouse = open_warehouse("sqlite:///:memory:")
        >>> database = FaultyShopDatabase(warehouse, fail_at=1, mode=FaultMode.REFUSE)
        >>> database.put_results(ResultTable.HYPOTHESES, [])
        Traceback (most recent call last):
        brain.errors.StoreUnavailableError: the database was made unavailable for a test
        >>> database.writes
        1
        >>> warehouse.close()
    """

    def __init__(self, inner: ShopDatabase, *, fail_at: int | None = None, mode: FaultMode = FaultMode.KILL) -> None:
        self._inner = inner
        self._fail_at = fail_at
        self._mode = mode
        self.writes = 0

    def __getattr__(self, name: str) -> Any:
        """Delegate every other method to the inner database."""
        return getattr(self._inner, name)

    def put_results(self, table: ResultTable, rows: Sequence[ResultRow]) -> None:
        """Write rows, or fail if it is the chosen write."""
        self.writes += 1
        fails = self.writes == self._fail_at
        if fails and self._mode in {FaultMode.KILL, FaultMode.REFUSE}:
            self._fail()
        self._inner.put_results(table, rows)
        if fails:
            self._fail()

    def _fail(self) -> None:
        if self._mode in {FaultMode.KILL, FaultMode.KILL_AFTER}:
            raise ProcessKilled
        raise StoreUnavailableError("the database was made unavailable for a test", retry_after_seconds=0)
