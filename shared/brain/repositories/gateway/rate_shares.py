"""Rate budgets as documents: one field per instance, so that each changes only its own share.

A share is written only under the version that was read; the store refuses it if any share has changed meanwhile.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from brain.domain.rates.shares import RateShare
from brain.ports.document_store import Create, DocumentStore, Transform, Update, Version, Write
from brain.repositories import paths

_HOLDER_PREFIX = "holder_"


@dataclass(frozen=True, slots=True)
class BudgetShares:
    """The shares of a budget by holder, as read; ``version`` is None if the budget has never had any."""

    shares: dict[str, RateShare] = field(default_factory=dict)
    version: Version | None = None


class RateShares:
    """Reads and writes the shares of budgets."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def read(self, key: str) -> BudgetShares:
        """Return the shares of a budget: one read."""
        budget = self._store.get(paths.rate(key))
        if budget is None:
            return BudgetShares()
        shares = {
            name.removeprefix(_HOLDER_PREFIX): _share_from_document(document)
            for name, document in budget.data.items()
            if name.startswith(_HOLDER_PREFIX)
        }
        return BudgetShares(shares, budget.version)

    def write(self, key: str, stored: BudgetShares, holder: str, share: RateShare, now: float) -> None:
        """Write the holder's share and delete those that are free again: one write.

        Raises:
            ConflictError, AlreadyExistsError: another instance wrote meanwhile; read again.
        """
        current = {name: other for name, other in stored.shares.items() if other.reclaimable_at > now}
        current[holder] = share
        deleted = {_HOLDER_PREFIX + name: Transform.DELETE_FIELD for name in stored.shares if name not in current}
        expires_at = _to_datetime(max(other.reclaimable_at for other in current.values()))
        fields = {_HOLDER_PREFIX + holder: _share_to_document(share), "expires_at": expires_at}
        path = paths.rate(key)
        write: Write = Create(path, fields)
        if stored.version is not None:
            write = Update(path, fields | deleted, expect=stored.version)
        self._store.commit([write])


def _share_to_document(share: RateShare) -> dict[str, object]:
    return {"units": share.units, "until": _to_datetime(share.lease_ends_at), "short": share.is_short}


def _share_from_document(document: dict[str, object]) -> RateShare:
    units, lease_ends_at = document["units"], document["until"]
    assert isinstance(units, int)  # noqa: S101 - written by this module alone
    assert isinstance(lease_ends_at, datetime)  # noqa: S101 - the same
    return RateShare(units, lease_ends_at.timestamp(), bool(document["short"]))


def _to_datetime(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
