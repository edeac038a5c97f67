"""Outcomes as documents, and the first scores that they come from.

A first score is kept with the score, so that a revision carries it on without a read of its own. An outcome's
``learn_at`` orders what the learner reads; outcomes of moves are in the same collection and have none.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from brain.domain.days.scored import Scored
from brain.domain.learning.first_score import FirstScore, first_score
from brain.domain.learning.meeting import Matured, Met
from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import Outcome, read_outcome
from brain.domain.learning.register import Reached
from brain.domain.scoring import ScoringConfig
from brain.errors import InvalidInputError, MisconfiguredError
from brain.ports.document_store import Create, Document, DocumentStore, Filter, Snapshot, Write
from brain.repositories import paths

if TYPE_CHECKING:  # the learned state brings the learner's own constants, which scores have no use for
    from brain.domain.learning.state import Cursor

FIELDS = frozenset(f.name for f in fields(Outcome))


def first_score_fields(
    scored: Scored, before: Document | None, rule: OutcomeRule, config: ScoringConfig, *, cumulative: bool
) -> dict[str, Any]:
    """Return what a score keeps of its content's first score; ``before`` is the score that it replaces.

    A revision carries the first score on and says when its content was last heard of.
    """
    if before is not None:
        if "first" not in before:
            return {}
        kept = {"first": before["first"], "matures_at": before["matures_at"]}
        return kept | {"seen_at": scored.event.received_at}
    first = first_score(scored.event, scored.score, rule, config) if cumulative else None
    if first is None:
        return {}
    known = asdict(first)
    return {"matures_at": known.pop("matures_at"), "first": known}


class Outcomes:
    """A client's outcomes, and the content that is due to make one."""

    def __init__(self, store: DocumentStore, rule: OutcomeRule) -> None:
        self._store = store
        self._rule = rule

    def matured(self, client_id: str, after: Reached | None, until: datetime, limit: int) -> list[Matured]:
        """Return content that matured after ``after`` and at the latest ``until``, in that order."""
        where = [Filter("matures_at", "<=", until)]
        start = None
        if after:
            where.append(Filter("matures_at", ">=", after.matures_at))
            start = _after(paths.scores(client_id), after.event_id, "matures_at", after.matures_at)
        found = self._store.query(paths.scores(client_id), where, order_by="matures_at", limit=limit, start_after=start)
        return [_matured(client_id, score) for score in found]

    def recorded(self, client_id: str, after: "Cursor | None", limit: int) -> list[Outcome]:
        """Return the outcomes recorded after a cursor, in order; raises ``MisconfiguredError`` for one that is none."""
        where = [Filter("learn_at", ">=", after[0])] if after else []
        start = _after(paths.outcomes(client_id), after[1], "learn_at", after[0]) if after else None
        found = self._store.query(paths.outcomes(client_id), where, order_by="learn_at", limit=limit, start_after=start)
        return [self._outcome(one) for one in found]

    def latest(self, client_id: str, until: "Cursor", limit: int) -> list[Outcome]:
        """Return the latest outcomes up to a cursor, newest first."""
        found = self._store.query(
            paths.outcomes(client_id),
            [Filter("learn_at", "<=", until[0])],
            order_by="learn_at",
            descending=True,
            limit=limit,
        )
        read = [self._outcome(one) for one in found]
        return [one for one in read if (one.recorded_at, one.outcome_id) <= until]

    def creations(self, client_id: str, met: Sequence[Met]) -> list[Write]:
        """Return the writes of outcomes that are not there yet."""
        return [Create(_place(client_id, m.outcome.outcome_id), dict(_document(m))) for m in met if m.outcome]

    def without_known(self, writes: Sequence[Write]) -> list[Write]:
        """Return the writes whose document is not there yet."""
        found = self._store.get_all([write.path for write in writes])
        return [write for write, snapshot in zip(writes, found, strict=True) if snapshot is None]

    def _outcome(self, found: Snapshot) -> Outcome:
        try:
            return read_outcome({k: v for k, v in found.data.items() if k in FIELDS}, self._rule)
        except InvalidInputError as exc:
            raise MisconfiguredError(f"{found.path} cannot be learned from; correct it or delete it: {exc}") from exc


def _after(collection: str, document_id: str, field: str, at: datetime) -> Snapshot | None:
    """Return where a query goes on after a document; a cursor that names none starts with its moment."""
    return Snapshot(f"{collection}/{document_id}", {field: at}, "") if document_id else None


def _place(client_id: str, outcome_id: str) -> str:
    return f"{paths.outcomes(client_id)}/{outcome_id}"


def _document(met: Met) -> Iterator[tuple[str, Any]]:
    assert met.outcome is not None  # noqa: S101 - the caller chose those with one
    yield from asdict(met.outcome).items()
    yield "move", str(met.outcome.move)
    yield "learn_at", met.outcome.recorded_at
    if met.interval:
        yield "interval", {"lower": met.interval[0], "upper": met.interval[1]}


def _matured(client_id: str, found: Snapshot) -> Matured:
    score: Mapping[str, Any] = found.data
    return Matured(
        client_id=client_id,
        event_id=found.id,
        first=FirstScore(**score["first"], matures_at=score["matures_at"]),
        seen_at=score.get("seen_at"),
        components=score["components"],
        neutral=tuple(score["neutral"]),
    )
