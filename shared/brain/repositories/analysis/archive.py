"""The documents of a client's archived days, one per month.

The document of the recent days says which months there are and how many days each holds. A former version stored the
whole archive as one document. It is read along with the months, and moved into them by the next write; while both
versions run, what either of them archives is added up.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from brain.domain.days import sums
from brain.domain.days.archive import MONTH_DAYS, keep_latest, select_kept_months, split_by_month
from brain.domain.days.sums import Days
from brain.ports.document_store import Delete, DocumentStore, Write
from brain.repositories import paths
from brain.repositories.analysis.state import StateDocument, StateDocuments, copy_days

FORMER_ARCHIVE = "days"
DayCounts: TypeAlias = Mapping[str, int]
"""How many days each month of an archive holds."""


class DayArchive:
    """The archived days of one client."""

    def __init__(self, store: DocumentStore, client_id: str) -> None:
        self._states = StateDocuments(store)
        self._client_id = client_id

    def read(self, months: Iterable[str], former: StateDocument) -> Days:
        """Return the archived days of these months and of the state document ``FORMER_ARCHIVE``."""
        days: Days = {}
        for document in self._read_months(sorted(months)).values():
            days |= copy_days(document)
        return keep_latest(sums.merge_days(days, copy_days(former)))

    def build_writes(self, removed_days: Days, day_counts: DayCounts) -> tuple[list[Write], DayCounts]:
        """Return the writes that add days which left the recent window, and the new counts; most change one month."""
        (former,) = self._states.read(self._client_id, FORMER_ARCHIVE)
        new_days = split_by_month(sums.merge_days(copy_days(former), removed_days))
        documents = self._read_months(new_days)
        months = {
            month: sums.merge_into_archive(copy_days(documents[month]), days, MONTH_DAYS)
            for month, days in new_days.items()
        }
        all_counts = {**day_counts, **{month: len(days) for month, days in months.items()}}
        kept = select_kept_months(all_counts)
        writes = [documents[month].write({"days": days}) for month, days in months.items() if month in kept]
        writes += [Delete(self._get_path(month)) for month in sorted(all_counts) if month not in kept]
        if former.version is not None:
            writes.append(Delete(former.path, expect=former.version))
        return writes, {month: all_counts[month] for month in kept}

    def _read_months(self, months: Iterable[str]) -> dict[str, StateDocument]:
        names = {month: _get_name(month) for month in months}
        return dict(zip(names, self._states.read(self._client_id, *names.values()), strict=True)) if names else {}

    def _get_path(self, month: str) -> str:
        return paths.state(self._client_id, _get_name(month))


def _get_name(month: str) -> str:
    return f"{FORMER_ARCHIVE}-{month}"
