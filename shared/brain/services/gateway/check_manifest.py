"""Checks a sender's manifest against the store: the outcome of each id, and what is missing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.events import Draft, FeedType
from brain.domain.gateway.identity import identify
from brain.domain.gateway.manifests import ManifestLine
from brain.ports.document_store import DocumentStore
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.services.gateway.identity_key_source import IdentityKeyProvider

PAGE_SIZE = 300
DEAD_LETTER_PREFIX = "dl_"
OUTCOMES = ("stored", "revised", "duplicate", "rejected", "ignored", "dead_lettered")


@dataclass(frozen=True, slots=True)
class CheckManifest:
    """Looks up each id: that of an event or a dead letter in an HTTP response, or a provider's own."""

    store: DocumentStore
    sealer: Sealer
    keys: IdentityKeyProvider

    def __call__(self, client_id: str, lines: Sequence[ManifestLine], source: FeedType) -> dict[str, Any]:
        """Return the number of items per outcome, ``sent``, ``difference`` (what is missing), and the ``missing`` ids.

        ``source`` is the feed of the provider's own ids. A line that the sender recorded as rejected or ignored counts
        as such unchecked: it leaves no document.
        """
        counts: Counter[str] = Counter()
        lines_by_id: dict[str, list[ManifestLine]] = {}
        for line in lines:
            if line.outcome in ("rejected", "ignored"):
                counts[line.outcome] += line.total
            else:
                lines_by_id.setdefault(self._stored_id(client_id, line, source), []).append(line)
        missing = list(self._count_stored(client_id, lines_by_id, counts))
        total = sum(line.total for line in lines)
        outcomes = {name: counts[name] for name in OUTCOMES}
        return {"sent": total, **outcomes, "difference": total - sum(outcomes.values()), "missing": missing}

    def _stored_id(self, client_id: str, line: ManifestLine, source: FeedType) -> str:
        if line.has_event_id or line.has_dead_letter_id:
            return line.id
        draft = Draft(feed_type=source, occurred_at=None, raw={}, provider_event_id=line.id)
        return identify(draft, client_id, self.keys()).event_id

    def _count_stored(
        self, client_id: str, lines_by_id: dict[str, list[ManifestLine]], counts: Counter[str]
    ) -> Iterator[str]:
        """Count the outcomes of each id and yield the ids that are nowhere."""
        stored_ids = list(lines_by_id)
        absent_ids: list[str] = []
        for start in range(0, len(stored_ids), PAGE_SIZE):
            page = stored_ids[start : start + PAGE_SIZE]
            documents = self.store.get_all([self._path(client_id, stored_id) for stored_id in page])
            for stored_id, document in zip(page, documents, strict=True):
                if document is None:
                    absent_ids.append(stored_id)
                else:
                    total = sum(line.total for line in lines_by_id[stored_id])
                    _count_deliveries(total, stored_id, document.data.get("revision", 0), counts)
        sent_ids = {lines_by_id[stored_id][0].id for stored_id in absent_ids}
        dead_lettered = self._find_dead_lettered(client_id, sent_ids)
        for stored_id in absent_ids:
            sent_id = lines_by_id[stored_id][0].id
            if sent_id in dead_lettered:
                counts["dead_lettered"] += sum(line.total for line in lines_by_id[stored_id])
            else:
                yield sent_id

    def _path(self, client_id: str, stored_id: str) -> str:
        if stored_id.startswith(DEAD_LETTER_PREFIX):
            return paths.dead_letter(stored_id)
        return paths.event(client_id, stored_id)

    def _find_dead_lettered(self, client_id: str, sent_ids: set[str]) -> set[str]:
        """Return the ids that occur in the bytes of a dead letter, or are those of a settled one."""
        if not sent_ids:
            return set()
        dead_lettered = {
            sent_id
            for sent_id in sent_ids
            if sent_id.startswith(DEAD_LETTER_PREFIX) and self.store.get(paths.counter(client_id, sent_id))
        }
        for letter in DeadLetters(self.store).of_client(client_id):
            if len(dead_lettered) == len(sent_ids):
                break
            body = self.sealer.open(letter.data["sealed"])
            dead_lettered |= {sent_id for sent_id in sent_ids - dead_lettered if sent_id.encode() in body}
        return dead_lettered


def _count_deliveries(total: int, stored_id: str, revisions: int, counts: Counter[str]) -> None:
    """Count the deliveries of an id: one made the event, later ones revised it, the others were duplicates."""
    if stored_id.startswith(DEAD_LETTER_PREFIX):
        counts["dead_lettered"] += total
        return
    counts["stored"] += 1
    revised = min(revisions, total - 1)
    counts["revised"] += revised
    counts["duplicate"] += total - 1 - revised
