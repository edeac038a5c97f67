"""The state of a client's advice: the slate of the period, every move so far, and what became of each.

It is stored as one document. Moves are kept in the order in which they were made, so that beliefs can be recomputed
from the record.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from brain.domain.recommendations.context import AnswerStatus, MoveAnswer, MoveOutcome, PastMove


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord:
    """One drawn move: shown, or held back and only measured.

    ``platform`` is where its ``metric`` is measured (None: all platforms with published content). ``chance`` is the
    probability that a slot which draws anything draws this move, ``chance_even`` the same if all eligible moves were
    equally likely, ``chance_before`` the same by the beliefs of four weeks earlier. ``closed`` says why there will be
    no outcome.
    """

    recommendation_id: str
    reason_code: str
    subject: str | None
    platform: str | None
    metric: str
    title: str
    period: str
    shown_at: datetime
    move_type: str
    held_back: bool
    policy_version: str
    propensity: float
    chance: float
    chance_even: float
    chance_before: float
    answer: Mapping[str, Any] | None = None
    outcome: Mapping[str, Any] | None = None
    closed: str | None = None

    @property
    def is_dismissed(self) -> bool:
        """Whether the reader dismissed it, so that what followed says nothing about it."""
        return bool(self.answer) and self.feedback.status is AnswerStatus.DISMISSED

    @property
    def feedback(self) -> MoveAnswer:
        """The reader's newest answer; there must be one."""
        return MoveAnswer.model_validate({"recommendation_id": self.recommendation_id, **(self.answer or {})})

    def to_past_move(self) -> PastMove:
        """Return the move as history for the choice of the next ones."""
        outcome = None if self.outcome is None or self.is_dismissed else self.outcome
        names = ("measured_at", "effect", "standard_error")
        return PastMove(
            recommendation_id=self.recommendation_id,
            reason_code=self.reason_code,
            subject=self.subject,
            shown_at=self.shown_at,
            move_type=self.move_type,
            held_back=self.held_back,
            outcome=MoveOutcome.model_validate({name: outcome[name] for name in names}) if outcome else None,
        )


@dataclass(frozen=True, slots=True)
class AdviceState:
    """The newest slate (its period and a card per shown move) and all moves, newest last."""

    period: str | None = None
    cards: Sequence[Mapping[str, Any]] = ()
    moves: Sequence[MoveRecord] = field(default=())

    @property
    def current_moves(self) -> list[MoveRecord]:
        """The moves of the newest slate, including those held back."""
        return [move for move in self.moves if move.period == self.period]

    def to_document(self) -> dict[str, Any]:
        """Return the state as a document."""
        return {
            "period": self.period,
            "cards": [dict(card) for card in self.cards],
            "moves": [asdict(move) for move in self.moves],
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "AdviceState":
        """Return the state of a document, an empty one before the first advice."""
        moves = tuple(MoveRecord(**move) for move in document.get("moves", ()))
        return cls(document.get("period"), tuple(document.get("cards", ())), moves)
