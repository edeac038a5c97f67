"""Erases a person from all that is stored of one client, and leaves a receipt that does not name them."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from brain.domain.gateway.dead_letters import JOB_STAGE, DeadLetter, dead_letter_from
from brain.domain.gateway.erasure import Person, body_without, changes_without
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import compute_erasure_id
from brain.errors import ConflictError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_rules import check_write
from brain.ports.document_store import Delete, DocumentStore, Snapshot, Update, Write
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.gateway import erasures, ingest_counters
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.gateway.erasures import PURGED, REDUCED, Receipts
from brain.services.gateway.replay import context_of

ATTEMPTS = 5
MAX_BYTES = 2 * 1024 * 1024
MAX_CHANGES = 100


@dataclass(frozen=True, slots=True)
class Erase:
    """The operator's tool; run again it changes nothing more, and stopped anywhere it can be run again.

    Each commit takes the person out of some documents and counts them on the receipt, so that the receipt is exact
    whatever happens in between. What the person's senders send later is new data.
    """

    store: DocumentStore
    sealer: Sealer
    keys: Callable[[], IdentityKeys]
    clock: Clock

    def __call__(
        self,
        client_id: str,
        subject: str,
        correlation_id: str,
        *,
        dry_run: bool = False,
        progress: Callable[[], None] = lambda: None,
    ) -> dict[str, Any]:
        """Erase and return the receipt; a dry run returns what it would erase.

        Raises:
            InvalidInputError: the subject is empty or longer than any address.
            MisconfiguredError: a dead letter opens with none of the seal's keys, so nobody can say who is in it.
            StoreUnavailableError: the store did not answer, or a document kept changing; run it again.
        """
        keys = self.keys()
        run = _Run(self, Person(subject, client_id, keys), compute_erasure_id(subject, client_id, keys), Counter())
        if dry_run:
            for _ in run.changes(progress):
                pass
            return {"erasure_id": run.erasure_id, "client_id": client_id, "would_erase": dict(run.found)}
        receipts = Receipts(self.store)
        versions = sorted(version for version, _ in keys.versions())
        receipts.open(run.erasure_id, client_id, versions, correlation_id, self.clock.now())
        run.commit(run.changes(progress))
        return receipts.close(run.erasure_id, versions, self.clock.now())


@dataclass(frozen=True, slots=True)
class _Change:
    """What takes the person out of one document: its writes, and as what it counts."""

    found: Snapshot
    writes: tuple[Write, ...]
    counted_as: str

    @property
    def size_bytes(self) -> int:
        return sum(check_write(write) for write in self.writes)


@dataclass(frozen=True, slots=True)
class _Run:
    """One erasure on its way; ``found`` counts what names the person."""

    erase: Erase
    person: Person
    erasure_id: str
    found: Counter[str]

    def changes(self, progress: Callable[[], None]) -> Iterable[_Change]:
        """Yield a change for every document that names the person."""
        for document in erasures.documents(self.erase.store, self.person.client_id):
            progress()
            if change := self._change(document):
                self.found[change.counted_as] += 1
                yield change
        for letter in DeadLetters(self.erase.store).of_client(self.person.client_id):
            progress()
            if change := self._letter_change(letter):
                self.found[change.counted_as] += 1
                yield change

    def _change(self, found: Snapshot) -> _Change | None:
        changes = changes_without(found.data, self.person)
        collection = found.path.split("/")[-2]
        return _Change(found, (erasures.change(found, changes),), collection) if changes else None

    def _letter_change(self, found: Snapshot) -> _Change | None:
        """Return what keeps a letter without the person, or settles it when nothing else is in it."""
        letter = dead_letter_from(found.data)
        body = self.erase.sealer.open(letter.sealed)
        left = body if letter.stage == JOB_STAGE else self._body_without(body, letter)
        if left is None:
            now = self.erase.clock.now()
            settlement = ingest_counters.build_settlement(
                letter.client_id, letter.dead_letter_id, now, how="erased", event_count=letter.taken
            )
            return _Change(found, (settlement, Delete(found.path, expect=found.version)), PURGED)
        plain = {name: value for name, value in found.data.items() if name != "sealed"}
        changes = changes_without(plain, self.person)
        if left != body:
            changes["sealed"] = self.erase.sealer.seal(left)
        return _Change(found, (Update(found.path, changes, expect=found.version),), REDUCED) if changes else None

    def _body_without(self, body: bytes, letter: DeadLetter) -> bytes | None:
        context = replace(context_of(letter), backfill=True)
        return body_without(body, letter.content_type, letter.source, self.person, context)

    def commit(self, changes: Iterable[_Change]) -> None:
        """Write the changes in commits that stay within the store's limits."""
        batch: list[_Change] = []
        size = 0
        for change in changes:
            if batch and (size + change.size_bytes > MAX_BYTES or len(batch) == MAX_CHANGES):
                self._write(batch)
                batch, size = [], 0
            batch.append(change)
            size += change.size_bytes
        if batch:
            self._write(batch)

    def _write(self, batch: list[_Change]) -> None:
        try:
            self._commit(batch)
        except ConflictError:
            for change in batch:
                self._write_alone(change.found)

    def _write_alone(self, found: Snapshot) -> None:
        """Take the person out of a document that others write to at the same time."""
        latest: Snapshot | None = self.erase.store.get(found.path)
        for _ in range(ATTEMPTS):
            if latest is None:
                return
            is_letter = latest.path.startswith(paths.DEAD_LETTERS)
            change = self._letter_change(latest) if is_letter else self._change(latest)
            if change is None:
                return
            try:
                self._commit([change])
            except ConflictError:
                latest = self.erase.store.get(found.path)
            else:
                return
        raise StoreUnavailableError("a document kept changing while it was erased from; run the same command again")

    def _commit(self, batch: list[_Change]) -> None:
        counts = Counter(change.counted_as for change in batch)
        writes = [write for change in batch for write in change.writes]
        self.erase.store.commit([*writes, Receipts(self.erase.store).add(self.erasure_id, counts)])
