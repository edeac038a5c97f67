"""Events and their scores as documents."""

from collections.abc import Iterable, Mapping, Sequence

from brain.domain.days.scorer import ScoredEvent
from brain.ports.document_store import Document, DocumentStore, Filter, Set, Snapshot, Transform, Update, Write
from brain.repositories import codec, paths


class StoredEvents:
    """A client's events, and which of them are not scored yet.

    A new event carries a mark, which the commit that scores it removes. A cursor over times would miss events that are
    committed late or out of order (docs/decisions/0015-unscored-mark.md).
    """

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def unscored(self, client_id: str, *, limit: int, after: Snapshot | None = None) -> list[Snapshot]:
        """Return events that are new or revised since they were scored, in the order of ``occurred_at``."""
        filters = [Filter("unscored", "==", True)]
        if after:  # the range lets an index begin at the cursor
            filters.append(Filter("occurred_at", ">=", after.data["occurred_at"]))
        return self._store.query(
            paths.events(client_id), filters, order_by="occurred_at", limit=limit, start_after=after
        )

    def previous_scores(self, client_id: str, revised: Sequence[Snapshot]) -> dict[str, Document]:
        """Return the scores of revised events before their revision, by event id."""
        scores = self._store.get_all([paths.score(client_id, event.id) for event in revised])
        return {score.id: score.data for score in scores if score}


def build_scoring_writes(
    client_id: str,
    events: Iterable[Snapshot],
    scored_events: Iterable[ScoredEvent],
    retained_fields: Mapping[str, Document],
) -> list[Write]:
    """Return the writes that store scores and remove the marks; refused as a whole if an event has changed meanwhile.

    ``retained_fields`` are the fields that a score retains from its content's first score, by event id.
    """
    scores: list[Write] = [
        Set(
            paths.score(client_id, scored.event.event_id),
            {**codec.score_to_document(scored.score, scored.contribution), **retained_fields[scored.event.event_id]},
        )
        for scored in scored_events
    ]
    marks: list[Write] = [
        Update(event.path, {"unscored": Transform.DELETE_FIELD}, expect=event.version) for event in events
    ]
    return scores + marks
