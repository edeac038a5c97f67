"""Checks a sender's own list against the store: what became of each id, and what is missing."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from brain.domain.events import Draft, FeedType
from brain.domain.gateway.identity import identify
from brain.domain.gateway.manifests import Sent
from brain.domain.privacy.keys import IdentityKeys
from brain.ports.document_store import DocumentStore
from brain.ports.sealing import Sealer
from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters

PAGE = 300


@dataclass(frozen=True, slots=True)
class CheckManifest:
    """Looks each id up: an event's and a dead letter's as the answers gave them, or a provider's own."""

    store: DocumentStore
    sealer: Sealer
    keys: Callable[[], IdentityKeys]

    def __call__(self, client_id: str, sent: Sequence[Sent], source: FeedType) -> dict[str, Any]:
        """Return the counts of ends, ``sent``, ``difference`` (what is missing), and the ``missing`` ids.

        ``source`` is the feed of the provider's own ids. A line that the sender noted as rejected or ignored is
        taken at its word: such an item leaves no document.
        """
        counts: Counter[str] = Counter()
        ours: dict[str, list[Sent]] = {}
        for one in sent:
            if one.outcome in ("rejected", "ignored"):
                counts[one.outcome] += one.total
            else:
                ours.setdefault(self._name(client_id, one, source), []).append(one)
        missing = list(self._ends(client_id, ours, counts))
        total = sum(one.total for one in sent)
        names = ("stored", "revised", "duplicate", "rejected", "ignored", "dead_lettered")
        found = {name: counts[name] for name in names}
        return {"sent": total, **found, "difference": total - sum(found.values()), "missing": missing}

    def _name(self, client_id: str, one: Sent, source: FeedType) -> str:
        if one.is_ours or one.is_letter:
            return one.id
        draft = Draft(feed_type=source, occurred_at=None, raw={}, provider_event_id=one.id)
        return identify(draft, client_id, self.keys()).event_id

    def _ends(self, client_id: str, ours: dict[str, list[Sent]], counts: Counter[str]) -> Iterator[str]:
        """Count what became of each event and yield those that are nowhere."""
        names = list(ours)
        nowhere: list[str] = []
        for start in range(0, len(names), PAGE):
            part = names[start : start + PAGE]
            documents = self.store.get_all([self._path(client_id, name) for name in part])
            for name, document in zip(part, documents, strict=True):
                if document is None:
                    nowhere.append(name)
                else:
                    _count(sum(one.total for one in ours[name]), name, document.data.get("revision", 0), counts)
        kept = self._kept(client_id, {ours[name][0].id for name in nowhere}) if nowhere else set()
        for name in nowhere:
            if ours[name][0].id in kept:
                counts["dead_lettered"] += sum(one.total for one in ours[name])
            else:
                yield ours[name][0].id

    def _path(self, client_id: str, name: str) -> str:
        return paths.dead_letter(name) if name.startswith("dl_") else paths.event(client_id, name)

    def _kept(self, client_id: str, ids: set[str]) -> set[str]:
        """Return which of the providers' ids stand in the bytes of a dead letter, or are a settled letter's."""
        found = {name for name in ids if name.startswith("dl_") and self.store.get(paths.counter(client_id, name))}
        for letter in DeadLetters(self.store).of_client(client_id):
            if len(found) == len(ids):
                break
            body = self.sealer.open(letter.data["sealed"])
            found |= {name for name in ids - found if name.encode() in body}
        return found


def _count(total: int, name: str, revisions: int, counts: Counter[str]) -> None:
    """Count how an id's sendings ended: one made the event, later ones revised it, the rest changed nothing."""
    if name.startswith("dl_"):
        counts["dead_lettered"] += total
        return
    counts["stored"] += 1
    revised = min(revisions, total - 1)
    counts["revised"] += revised
    counts["duplicate"] += total - 1 - revised
