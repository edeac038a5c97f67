"""Find and replace a person in the text columns of the shop's database.

Every text column is either searched or holds words of the Brain's own; a test fails for a column that is neither.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Column, ColumnElement, Connection, String, Table, select, update

from brain.ports.sales_warehouse import TextRedactor

BATCH_SIZE = 1000
SEARCHED_COLUMNS = frozenset({
    "product_id", "category", "condition", "event", "event_class", "signal", "reason", "signals", "advice", "question",
    "note", "refuters", "decision_id", "hypothesis_id",
})  # fmt: skip
"""Columns that a file, a decision or a name from either of them fills."""
OTHER_COLUMNS = frozenset({
    "store_id", "time_zone", "country", "subdivision", "granularity", "model", "signal_class", "state", "template",
    "kind",
})  # fmt: skip
"""Words of the Brain's own, codes of countries, and the ids of stores, which are settings of the client."""


@dataclass(slots=True)
class TextErasure:
    """One search of some tables; the same text has the same replacement in all of them."""

    connection: Connection
    redact: TextRedactor
    store_ids: Sequence[str]
    is_dry_run: bool
    _replacements: dict[str, str] = field(default_factory=dict)

    def erase(self, tables: Mapping[str, Table]) -> Counter[str]:
        """Replace the person in all tables and return the number of texts that named them, by table."""
        counts: Counter[str] = Counter()
        for name, table in tables.items():
            for column in list_searched_columns(table):
                counts[name] += self._erase_column(table, column)
        return +counts

    def _erase_column(self, table: Table, column: Column[str]) -> int:
        texts = [text for text in self._iterate_texts(table, column) if self.redact(text) != text]
        for text in texts if not self.is_dry_run else ():
            replacement = self._find_replacement(column, text)
            self.connection.execute(
                update(table).where(column == text, *self._conditions(table)).values({column.key: replacement})
            )
        return len(texts)

    def _iterate_texts(self, table: Table, column: Column[str]) -> Iterator[str]:
        """Yield the distinct texts of a column, a batch at a time."""
        query = select(column).where(column.is_not(None), *self._conditions(table)).distinct()
        for batch in self.connection.execute(query.execution_options(yield_per=BATCH_SIZE)).partitions():
            yield from (str(row[0]) for row in batch)

    def _conditions(self, table: Table) -> list[ColumnElement[bool]]:
        return [table.c["store_id"].in_(self.store_ids)] if "store_id" in table.c else []

    def _find_replacement(self, column: Column[str], text: str) -> str:
        """Return the text without the person; rows that only their name told apart are numbered to stay apart."""
        redacted = self.redact(text)
        replacement = self._replacements.get(text, redacted)
        number = 1
        while column.primary_key and self._exists(column, replacement):
            number += 1
            replacement = f"{redacted} {number}"
        self._replacements[text] = replacement
        return replacement

    def _exists(self, column: Column[str], text: str) -> bool:
        return self.connection.execute(select(column).where(column == text).limit(1)).first() is not None


def list_searched_columns(table: Table) -> list[Column[str]]:
    """Return the columns of a table that may name a person."""
    return [column for column in table.columns if column.key in SEARCHED_COLUMNS and isinstance(column.type, String)]
