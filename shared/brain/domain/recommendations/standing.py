"""The advice of a client as it stands: the slate of the period, every move made so far, and what became of each.

It is one state document. Moves are kept in the order in which they were made, so that beliefs are folded from the
record and can be computed again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from brain.domain.recommendations.context import Feedback, Outcome, PastMove, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One move that was drawn: shown, or held back and only measured.

    ``platform`` is where its ``metric`` is measured (None: all that publish). ``chance`` is the probability that a
    place which draws anything draws this move, ``chance_even`` what it is when all eligible moves are equal, and
    ``chance_before`` what it would have been by the beliefs of four weeks earlier. ``closed`` says why no outcome
    will come.
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
    def dismissed(self) -> bool:
        """Whether the reader refused it, so that what followed says nothing about it."""
        return bool(self.answer) and self.feedback.status is Status.DISMISSED

    @property
    def feedback(self) -> Feedback:
        """The reader's newest answer; there must be one."""
        return Feedback.model_validate({"recommendation_id": self.recommendation_id, **(self.answer or {})})

    def past(self) -> PastMove:
        """Return the move as the choice of the next ones sees it."""
        measured = None if self.outcome is None or self.dismissed else self.outcome
        known = ("measured_at", "effect", "standard_error")
        return PastMove(
            recommendation_id=self.recommendation_id,
            reason_code=self.reason_code,
            subject=self.subject,
            shown_at=self.shown_at,
            move_type=self.move_type,
            held_back=self.held_back,
            outcome=Outcome.model_validate({name: measured[name] for name in known}) if measured else None,
        )


@dataclass(frozen=True, slots=True)
class Standing:
    """The newest slate (its period, and a card a move shown) and all moves, the newest last."""

    period: str | None = None
    cards: Sequence[Mapping[str, Any]] = ()
    moves: Sequence[Move] = field(default=())

    @property
    def current(self) -> list[Move]:
        """The moves of the newest slate, those held back included."""
        return [move for move in self.moves if move.period == self.period]

    def document(self) -> dict[str, Any]:
        """Return the standing as a document."""
        return {
            "period": self.period,
            "cards": [dict(card) for card in self.cards],
            "moves": [asdict(move) for move in self.moves],
        }


def standing_from(document: Mapping[str, Any]) -> Standing:
    """Return the standing that a document holds, empty where nothing was advised yet."""
    moves = tuple(Move(**move) for move in document.get("moves", ()))
    return Standing(document.get("period"), tuple(document.get("cards", ())), moves)
