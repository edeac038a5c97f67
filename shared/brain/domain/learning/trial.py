"""A trial: two models meet the same outcomes, pair by pair, until the rule of promotion decides between them."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from brain.domain.learning.challenger import Challenger
from brain.domain.learning.learned import Duel
from brain.domain.learning.outcomes import Outcome, log_error
from brain.domain.learning.promotion import Comparison, Decision
from brain.domain.learning.promotion_record import Pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The champion of the day against frozen ``weights``; only outcomes recorded after ``since`` count.

    In a rollback the weights are those of the model that was replaced. ``pages`` counts the pages of evidence, pairs
    of errors, that were written under ``decision_id``.
    """

    kind: Literal["promotion", "rollback"]
    decision_id: str
    champion: str
    challenger: str
    weights: Mapping[str, float]
    since: AwareDatetime
    comparison: Comparison
    fitted: Challenger | None = None
    pages: int = 0

    @property
    def decided(self) -> bool:
        """Whether the rule has decided."""
        return self.comparison.decision is not Decision.CONTINUE

    def duel(self, at: datetime) -> Duel:
        """Return where the trial stands, for people."""
        verdict = self.comparison.verdict()
        return Duel(
            self.kind,
            self.champion,
            self.challenger,
            at,
            str(verdict.decision),
            verdict.n,
            verdict.improvement,
            verdict.interval,
            verdict.reason,
        )


def observed(
    trial: Trial, outcomes: Iterable[Outcome], champion: Mapping[str, float], gold_failures: tuple[str, ...]
) -> tuple[Trial, list[Pair]]:
    """Return the trial after more outcomes, and their pairs of errors; ``champion`` had not learned from them yet."""
    later = sorted(
        (o for o in outcomes if o.recorded_at > trial.since), key=lambda o: (o.recorded_at, o.client_id, o.outcome_id)
    )
    pairs = [(abs(log_error(o, champion)), abs(log_error(o, trial.weights))) for o in later]
    if not pairs:
        return trial, []
    comparison = copy.deepcopy(trial.comparison)
    comparison.gold_failures = gold_failures
    for champions, challengers in pairs:
        comparison.observe(champions, challengers)
    return replace(trial, comparison=comparison, pages=trial.pages + 1), pairs
