"""Outcomes as documents, and the first scores that they come from.

A first score is stored with the score, so that a revision copies it without another read. The field ``learn_at``
orders the outcomes for the learning job; outcomes of moves are in the same collection and do not have it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from brain.domain.days.scorer import ScoredEvent
from brain.domain.learning.first_score import FirstScore, build_first_score
from brain.domain.learning.observation import MaturedContent, Observation
from brain.domain.learning.outcome_register import MaturityCursor
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import ScoreOutcome, outcome_from_document
from brain.domain.scoring import ScoringConfig
from brain.errors import InvalidInputError, MisconfiguredError
from brain.ports.document_store import Create, Document, DocumentStore, Filter, Snapshot, Write
from brain.repositories import paths

if TYPE_CHECKING:  # the learned state would import the learning constants, which the scoring job does not need
    from brain.domain.learning.state import OutcomeCursor

OUTCOME_FIELDS = frozenset(f.name for f in fields(ScoreOutcome))


def first_score_fields(
    scored: ScoredEvent, before: Document | None, rule: OutcomeRule, config: ScoringConfig, *, cumulative: bool
) -> dict[str, Any]:
    """Return the fields of a score's document that describe the content's first score.

    A revision copies them from ``before``, the document that it replaces, and adds when the content was last seen.
    """
    if before is not None:
        if "first" not in before:
            return {}
        copied = {"first": before["first"], "matures_at": before["matures_at"]}
        return copied | {"seen_at": scored.event.received_at}
    first = build_first_score(scored.event, scored.score, rule, config) if cumulative else None
    if first is None:
        return {}
    return {"matures_at": first.matures_at, "first": first.to_document()}


class Outcomes:
    """A client's outcomes, and the content that is due for one."""

    def __init__(self, store: DocumentStore, rule: OutcomeRule) -> None:
        self._store = store
        self._rule = rule

    def list_matured(
        self, client_id: str, after: MaturityCursor | None, until: datetime, limit: int
    ) -> list[MaturedContent]:
        """Return content after a cursor that matured by ``until``, in order of maturity."""
        filters = [Filter("matures_at", "<=", until)]
        start = None
        if after:
            filters.append(Filter("matures_at", ">=", after.matures_at))
            start = _cursor_snapshot(paths.scores(client_id), after.event_id, "matures_at", after.matures_at)
        snapshots = self._store.query(
            paths.scores(client_id), filters, order_by="matures_at", limit=limit, start_after=start
        )
        return [_matured_content(client_id, snapshot) for snapshot in snapshots]

    def list_recorded(self, client_id: str, after: "OutcomeCursor | None", limit: int) -> list[ScoreOutcome]:
        """Return the outcomes after a cursor, in order of recording.

        Raises:
            MisconfiguredError: a document is not a valid outcome.
        """
        filters = [Filter("learn_at", ">=", after[0])] if after else []
        start = _cursor_snapshot(paths.outcomes(client_id), after[1], "learn_at", after[0]) if after else None
        snapshots = self._store.query(
            paths.outcomes(client_id), filters, order_by="learn_at", limit=limit, start_after=start
        )
        return [self._outcome_from_snapshot(snapshot) for snapshot in snapshots]

    def list_latest(self, client_id: str, until: "OutcomeCursor", limit: int) -> list[ScoreOutcome]:
        """Return the latest outcomes up to a cursor, newest first."""
        snapshots = self._store.query(
            paths.outcomes(client_id),
            [Filter("learn_at", "<=", until[0])],
            order_by="learn_at",
            descending=True,
            limit=limit,
        )
        outcomes = [self._outcome_from_snapshot(snapshot) for snapshot in snapshots]
        return [outcome for outcome in outcomes if (outcome.recorded_at, outcome.outcome_id) <= until]

    def creation_writes(self, client_id: str, observations: Sequence[Observation]) -> list[Write]:
        """Return the writes that create the outcomes of the observations."""
        return [
            Create(paths.outcome(client_id, observation.outcome.outcome_id), _outcome_document(observation))
            for observation in observations
            if observation.outcome
        ]

    def exclude_stored(self, writes: Sequence[Write]) -> list[Write]:
        """Return the writes whose document does not exist yet."""
        snapshots = self._store.get_all([write.path for write in writes])
        return [write for write, snapshot in zip(writes, snapshots, strict=True) if snapshot is None]

    def _outcome_from_snapshot(self, snapshot: Snapshot) -> ScoreOutcome:
        document = {key: snapshot.data[key] for key in snapshot.data if key in OUTCOME_FIELDS}
        try:
            return outcome_from_document(document, self._rule)
        except InvalidInputError as exc:
            raise MisconfiguredError(f"{snapshot.path}: {exc}; correct or delete the document") from exc


def _cursor_snapshot(collection: str, document_id: str, field: str, order_value: datetime) -> Snapshot | None:
    """Return the snapshot that a query starts after; None for a cursor without a document id."""
    return Snapshot(f"{collection}/{document_id}", {field: order_value}, "") if document_id else None


def _outcome_document(observation: Observation) -> dict[str, Any]:
    outcome, interval = observation.outcome, observation.interval
    assert outcome is not None  # noqa: S101 - the caller selects observations with an outcome
    document = outcome.to_document() | {"learn_at": outcome.recorded_at}
    return document | {"interval": {"lower": interval[0], "upper": interval[1]}} if interval else document


def _matured_content(client_id: str, snapshot: Snapshot) -> MaturedContent:
    score: Mapping[str, Any] = snapshot.data
    return MaturedContent(
        client_id=client_id,
        event_id=snapshot.id,
        first=FirstScore.from_document(score["first"], score["matures_at"]),
        seen_at=score.get("seen_at"),
        components=score["components"],
        neutral=tuple(score["neutral"]),
    )
