"""Events and their scores as documents."""

from collections.abc import Iterable, Mapping, Sequence

from brain.domain.days.scorer import ScoredEvent
from brain.ports.document_store import Document, DocumentStore, Filter, Set, Snapshot, Transform, Update, Write
from brain.repositories import codec, paths


class Events:
    """A client's events, and which of them no score has seen yet.

    What is new is marked on the event itself and the mark is removed by the commit that scores it. A cursor over
    times would miss what commits late or out of order (docs/decisions/0015-unscored-mark.md).
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def unscored(self, client_id: str, *, limit: int, after: Snapshot | None = None) -> list[Snapshot]:
        """Return events that are new or revised since they were scored, in the order in which they happened."""
        return self._store.query(
            paths.events(client_id),
            [Filter("unscored", "==", True)],
            order_by="occurred_at",
            limit=limit,
            start_after=after,
        )

    def scored_before(self, client_id: str, revised: Sequence[Snapshot]) -> dict[str, Document]:
        """Return the scores that revised events had before, by event id."""
        found = self._store.get_all([paths.score(client_id, event.id) for event in revised])
        return {score.id: score.data for score in found if score}


def scoring_writes(
    client_id: str, read: Iterable[Snapshot], scored: Iterable[ScoredEvent], kept: Mapping[str, Document]
) -> list[Write]:
    """Return the writes that store scores and take the marks off; refused as a whole if an event changed since.

    ``kept`` is what a score keeps of its content's first score, by event id.
    """
    scores: list[Write] = [
        Set(
            paths.score(client_id, s.event.event_id),
            {**codec.score_document(s.score, s.contribution), **kept[s.event.event_id]},
        )
        for s in scored
    ]
    marks: list[Write] = [Update(e.path, {"unscored": Transform.DELETE_FIELD}, expect=e.version) for e in read]
    return scores + marks
