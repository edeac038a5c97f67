"""One night of curiosity over the warehouse: read what is known, ask, and keep every answer in the ledger."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import Entry, State
from brain.domain.retail.curiosity.night import Past, night_of
from brain.domain.retail.curiosity.signals import check_names
from brain.domain.retail.curiosity.subjects import subjects_of
from brain.domain.retail.series import ALL_STORES, DailySeries
from brain.ports.sales_warehouse import LedgerQuery, ResultTable, Shop
from brain.services.retail.facts import Known, read_known


@dataclass(frozen=True, slots=True)
class Night:
    """What a night found; ``on`` is the last day known, so that the same days are the same night.

    ``before`` says where each question stood on the night before it.
    """

    on: date
    entries: tuple[Entry, ...]
    before: Mapping[str, State] = field(default_factory=dict)

    def in_state(self, *states: State) -> list[Entry]:
        """The entries in any of ``states``: the states in the order named, the surest first in each."""
        found = [entry for entry in self.entries if entry.state in states]
        return sorted(found, key=lambda one: (states.index(one.state), _unsureness(one), one.hypothesis_id))


def _unsureness(entry: Entry) -> float:
    return 1.0 if entry.p_value is None else entry.p_value


def curiosity(warehouse: Shop, config: CuriosityConfig, as_of: date | None = None, *, dry_run: bool = False) -> Night:
    """Run the night of the last known day (at most ``as_of``) and write its entries unless ``dry_run``.

    A night run again on the same days replaces its entries by the same. Raises InvalidInputError without sales.
    """
    return night_of_shop(warehouse, read_known(warehouse, until=as_of), config, dry_run=dry_run)


def night_of_shop(warehouse: Shop, known: Known, config: CuriosityConfig, *, dry_run: bool = False) -> Night:
    """Run the night of the last known day over what is known, and keep its entries."""
    check_names(template.signal for template in config.templates)
    night = known.last_day
    recent = [_recent(one, night, config.limits.memory_days) for one in known.series]
    series = [one for one in recent if len(one)]
    subjects = subjects_of(series, known.facts, config)
    past = _past(warehouse, night, (ALL_STORES, *known.facts.stores))
    entries = tuple(night_of(night, subjects, past, config.limits))
    if not dry_run:
        warehouse.put_results(ResultTable.HYPOTHESES, [entry.as_row() for entry in entries])
    return Night(night, entries, {name: entry.state for name, entry in past.latest.items()})


def _past(warehouse: Shop, night: date, stores: tuple[str, ...]) -> Past:
    latest = warehouse.ledger(LedgerQuery(before=night, latest=True, stores=stores))
    tested = warehouse.ledger(LedgerQuery(before=night, confirmations=True, stores=stores))
    # Sorted here: databases order texts by rules of their own.
    ordered = sorted((Entry.from_row(row) for row in tested), key=lambda one: (one.night, one.hypothesis_id))
    confirmations = [entry.state is State.FINDING for entry in ordered]
    return Past({str(row["hypothesis_id"]): Entry.from_row(row) for row in latest}, confirmations)


def _recent(series: DailySeries, last_day: date, memory_days: int) -> DailySeries:
    skipped = max(0, (last_day - series.first_day).days + 1 - memory_days)
    return replace(
        series,
        first_day=series.first_day + timedelta(days=skipped),
        sales=series.sales[skipped:],
        returns=series.returns[skipped:],
        open=series.open[skipped:],
    )
