"""Budgets as documents: one field an instance, so that each changes its own share only.

A share grows only under the version that was read; the store refuses it when anybody's changed meanwhile.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from brain.domain.rates.shares import Share
from brain.ports.document_store import Create, DocumentStore, Transform, Update, Version, Write
from brain.repositories import paths

_HOLDER = "holder_"


@dataclass(frozen=True, slots=True)
class Holders:
    """Who holds what of a budget, as read; ``version`` is None where nobody ever did."""

    shares: dict[str, Share] = field(default_factory=dict)
    version: Version | None = None


class Rates:
    """Reads and writes the shares of budgets."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def read(self, key: str) -> Holders:
        """Return the holders of a budget: one read."""
        found = self._store.get(paths.rate(key))
        if found is None:
            return Holders()
        fields = ((name, held) for name, held in found.data.items() if name.startswith(_HOLDER))
        return Holders({name.removeprefix(_HOLDER): _share(held) for name, held in fields}, found.version)

    def write(self, key: str, read: Holders, holder: str, share: Share, now: float) -> None:
        """Write the holder's share and drop those that are anybody's again: one write.

        Raises:
            ConflictError, AlreadyExistsError: another instance wrote since; read again.
        """
        kept = {name: other for name, other in read.shares.items() if other.back_at > now} | {holder: share}
        gone = {_HOLDER + name: Transform.DELETE_FIELD for name in read.shares if name not in kept}
        expires_at = _time(max(other.back_at for other in kept.values()))
        changed = {_HOLDER + holder: _document(share), "expires_at": expires_at}
        place = paths.rate(key)
        write: Write = Create(place, changed)
        if read.version is not None:
            write = Update(place, changed | gone, expect=read.version)
        self._store.commit([write])


def _document(share: Share) -> dict[str, object]:
    return {"units": share.units, "until": _time(share.until), "short": share.short}


def _share(document: dict[str, object]) -> Share:
    units, until = document["units"], document["until"]
    assert isinstance(units, int)  # noqa: S101 - written by this module alone
    assert isinstance(until, datetime)  # noqa: S101 - the same
    return Share(units, until.timestamp(), bool(document["short"]))


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
