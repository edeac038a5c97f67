"""Erases a person from everything stored of one client, and leaves a receipt that does not name them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any, Protocol

from brain.domain.gateway.dead_letters import CLAIM_GRACE, CLAIM_TIME, DeadLetter
from brain.domain.gateway.erasure import find_redactions, redact_body
from brain.domain.privacy.person import Person
from brain.domain.privacy.pseudonyms import compute_erasure_id
from brain.domain.privacy.spellings import NO_PRIVACY_RULES, PrivacyConfig
from brain.domain.retail.wildcards import ALL_STORES
from brain.errors import ConflictError, StoreUnavailableError
from brain.ports.clock import Clock
from brain.ports.document_rules import check_write
from brain.ports.document_store import Delete, DocumentStore, Snapshot, Update, Write
from brain.ports.sales_warehouse import TextErasures, TextRedactor
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.gateway import erasures, ingest_counters
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.gateway.erasures import PURGED, REDUCED, SHOP_TEXTS, ErasureReceipts
from brain.services.gateway.identity_key_source import IdentityKeyProvider
from brain.services.gateway.replay_dead_letter import context_from_dead_letter

MAX_ATTEMPTS = 5
MAX_BATCH_BYTES = 2 * 1024 * 1024
MAX_BATCH_SIZE = 100
POLL_SECONDS = 2.0
MAX_WAIT = 2 * (CLAIM_TIME + CLAIM_GRACE)


class ErasureProgress(Protocol):
    """Follows an erasure."""

    def __call__(self) -> None:
        """Count one more document that was searched."""


class ShopEraser(Protocol):
    """Erases a person from the texts of the shop's database."""

    def __call__(self, redact: TextRedactor, store_ids: Sequence[str], *, is_dry_run: bool = False) -> TextErasures:
        """Replace every text that ``redact`` changes, and return how many named the person."""


@dataclass(frozen=True, slots=True)
class Erase:
    """Erases one person per call; repeating it changes nothing more, and it may be stopped and repeated at any time.

    Each commit removes the person from some documents and counts them on the receipt, so that the receipt is exact
    whatever happens in between. Dead letters come first, each after the replay that is at it has ended: what replays
    stored is then found among the events, and no later replay reads the person. What senders send about the person
    later is new data.
    """

    store: DocumentStore
    sealer: Sealer
    keys: IdentityKeyProvider
    clock: Clock
    privacy: PrivacyConfig = NO_PRIVACY_RULES
    erase_shop: ShopEraser | None = None

    def __call__(
        self,
        client_id: str,
        subject: str,
        correlation_id: str,
        *,
        dry_run: bool = False,
        progress: ErasureProgress = lambda: None,
    ) -> dict[str, Any]:
        """Erase the person and return the receipt; a dry run returns what it would erase.

        Raises:
            InvalidInputError: the subject is empty or longer than any address.
            MisconfiguredError: none of the keys opens a dead letter, so it is unknown whom it names.
            StoreUnavailableError: the store did not answer, or a document kept changing; repeat the call.
        """
        keys = self.keys()
        erasure_id = compute_erasure_id(subject, client_id, keys)
        person = Person(subject, client_id, keys, self.privacy.find_rules(client_id))
        erasure = _Erasure(self, person, erasure_id, Counter(), is_dry_run=dry_run)
        if dry_run:
            for _ in chain(erasure.find_letter_changes(progress), erasure.find_document_changes(progress)):
                pass
            remaining = erasure.erase_shop()
            preview = {"erasure_id": erasure_id, "client_id": client_id, "would_erase": dict(erasure.counts)}
            return preview | remaining
        receipts = ErasureReceipts(self.store)
        versions = sorted(version for version, _ in keys.versions())
        receipts.open(erasure_id, client_id, versions, correlation_id, self.clock.now())
        erasure.commit_all(erasure.find_letter_changes(progress))
        remaining = erasure.erase_shop()  # before the documents that the shop's jobs derive from it
        erasure.commit_all(erasure.find_document_changes(progress))
        return receipts.close(erasure_id, versions, self.clock.now()) | remaining


@dataclass(frozen=True, slots=True)
class _Change:
    """The removal of the person from one document: its writes, and the name under which it is counted."""

    document: Snapshot
    writes: tuple[Write, ...]
    counted_as: str

    @property
    def size_bytes(self) -> int:
        return sum(check_write(write) for write in self.writes)


@dataclass(frozen=True, slots=True)
class _Erasure:
    """One erasure in progress; ``counts`` are the documents that name the person, by collection."""

    service: Erase
    person: Person
    erasure_id: str
    counts: Counter[str]
    is_dry_run: bool = False

    def find_letter_changes(self, progress: ErasureProgress) -> Iterable[_Change]:
        """Yield a change for every dead letter that names the person."""
        for letter in DeadLetters(self.service.store).of_client(self.person.client_id):
            progress()
            if change := self._change_released_letter(letter):
                self.counts[change.counted_as] += 1
                yield change

    def find_document_changes(self, progress: ErasureProgress) -> Iterable[_Change]:
        """Yield a change for every other document that names the person."""
        for document in erasures.iterate_documents(self.service.store, self.person.client_id):
            progress()
            if change := self._change_document(document):
                self.counts[change.counted_as] += 1
                yield change

    def erase_shop(self) -> dict[str, Any]:
        """Erase the person from the client's part of the shop's database, and count its texts on the receipt.

        Returns the texts in tables of the shop's own, which only the shop can correct.
        """
        erase_shop, client_id = self.service.erase_shop, self.person.client_id
        client = Clients(self.service.store).get(client_id) if erase_shop else None
        if erase_shop is None or client is None or not client.stores:
            return {}
        store_ids = (*client.stores, f"{ALL_STORES}{client_id}", ALL_STORES)
        erasures = erase_shop(self.person.redact, store_ids, is_dry_run=self.is_dry_run)
        if text_count := sum(erasures.erased.values()):
            self.counts[SHOP_TEXTS] += text_count
            if not self.is_dry_run:
                receipt = ErasureReceipts(self.service.store).add(self.erasure_id, {SHOP_TEXTS: text_count})
                self.service.store.commit([receipt])
        return {"shop_must_correct": dict(erasures.remaining)} if erasures.remaining else {}

    def _change_document(self, document: Snapshot) -> _Change | None:
        redactions = find_redactions(document.data, self.person)
        collection = document.path.split("/")[-2]
        return _Change(document, (erasures.build_redaction(document, redactions),), collection) if redactions else None

    def _change_released_letter(self, stored_letter: Snapshot) -> _Change | None:
        """Return the change of a letter after the replay that is at it has ended; of a settled letter nothing remains.

        Raises:
            StoreUnavailableError: one replay after the other is at the letter.
        """
        clock = self.service.clock
        latest: Snapshot | None = stored_letter
        give_up_at = clock.now() + MAX_WAIT
        while latest is not None and (change := self._change_letter(latest)):
            now = clock.now()
            claim_end = DeadLetter.from_document(latest.data).find_claim_end(now)
            if claim_end is None or self.is_dry_run:
                return change
            if now >= give_up_at:
                raise StoreUnavailableError("a dead letter is being replayed all the time; run the same command again")
            clock.sleep(min(POLL_SECONDS, (claim_end - now).total_seconds()))
            latest = self.service.store.get(stored_letter.path)
        return None

    def _change_letter(self, stored_letter: Snapshot) -> _Change | None:
        """Return the change that removes the person from a letter, or settles it when it contains nothing else."""
        letter = DeadLetter.from_document(stored_letter.data)
        body = self.service.sealer.open(letter.sealed)
        remainder = body if letter.is_work else self._redact_letter(body, letter)
        if remainder is None:
            settlement = ingest_counters.build_settlement(
                letter.client_id,
                letter.dead_letter_id,
                self.service.clock.now(),
                how="erased",
                event_count=letter.taken,
            )
            return _Change(
                stored_letter, (settlement, Delete(stored_letter.path, expect=stored_letter.version)), PURGED
            )
        unsealed_fields = {name: stored for name, stored in stored_letter.data.items() if name != "sealed"}
        redactions = find_redactions(unsealed_fields, self.person)
        if remainder != body:
            redactions["sealed"] = self.service.sealer.seal(remainder)
        update = Update(stored_letter.path, redactions, expect=stored_letter.version)
        return _Change(stored_letter, (update,), REDUCED) if redactions else None

    def _redact_letter(self, body: bytes, letter: DeadLetter) -> bytes | None:
        context = replace(context_from_dead_letter(letter), backfill=True)
        return redact_body(body, letter.content_type, letter.source, self.person, context)

    def commit_all(self, changes: Iterable[_Change]) -> None:
        """Write the changes in batches that stay within the store's limits."""
        batch: list[_Change] = []
        size_bytes = 0
        for change in changes:
            if batch and (size_bytes + change.size_bytes > MAX_BATCH_BYTES or len(batch) == MAX_BATCH_SIZE):
                self._write_batch(batch)
                batch, size_bytes = [], 0
            batch.append(change)
            size_bytes += change.size_bytes
        if batch:
            self._write_batch(batch)

    def _write_batch(self, batch: list[_Change]) -> None:
        try:
            self._commit(batch)
        except ConflictError:
            for change in batch:
                self._write_alone(change.document)

    def _write_alone(self, document: Snapshot) -> None:
        """Remove the person from a document that others write to at the same time."""
        latest: Snapshot | None = self.service.store.get(document.path)
        for _ in range(MAX_ATTEMPTS):
            if latest is None:
                return
            is_letter = latest.path.startswith(paths.DEAD_LETTERS)
            change = self._change_released_letter(latest) if is_letter else self._change_document(latest)
            if change is None:
                return
            try:
                self._commit([change])
            except ConflictError:
                latest = self.service.store.get(document.path)
            else:
                return
        raise StoreUnavailableError("a document kept changing during the erasure; run the same command again")

    def _commit(self, batch: list[_Change]) -> None:
        counts = Counter(change.counted_as for change in batch)
        writes = [write for change in batch for write in change.writes]
        self.service.store.commit([*writes, ErasureReceipts(self.service.store).add(self.erasure_id, counts)])
