"""A trial: two models predict the same outcomes until the promotion rule decides between them."""

import copy
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from brain.domain.learning.challenger import Challenger
from brain.domain.learning.outcomes import ScoreOutcome, log_error, recording_order
from brain.domain.learning.promotion import ModelComparison, PromotionDecision
from brain.domain.learning.promotion_record import ErrorPair
from brain.domain.learning.summary import ComparisonSummary


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """The learning champion against frozen ``weights``; only outcomes recorded after ``since`` count.

    ``champion`` and ``challenger`` are model versions. In a rollback, ``weights`` are those of the replaced model;
    otherwise ``fitted`` describes the challenger. ``pages`` counts the pages of evidence (pairs of errors) stored
    under ``decision_id``.
    """

    kind: Literal["promotion", "rollback"]
    decision_id: str
    champion: str
    challenger: str
    weights: Mapping[str, float]
    since: AwareDatetime
    comparison: ModelComparison
    fitted: Challenger | None = None
    pages: int = 0

    @property
    def is_decided(self) -> bool:
        """Whether the promotion rule has decided."""
        return self.comparison.decision is not PromotionDecision.CONTINUE

    def summarize(self, as_of: datetime) -> ComparisonSummary:
        """Return the state of the trial for reports."""
        return self.comparison.summarize(self.kind, self.champion, self.challenger, as_of)


def observe_outcomes(
    trial: Trial,
    outcomes: Iterable[ScoreOutcome],
    champion_weights: Mapping[str, float],
    gold_failures: tuple[str, ...],
) -> tuple[Trial, list[ErrorPair]]:
    """Return the trial after more outcomes, and the pair of absolute log errors on each.

    Pass the champion's weights as they were before it learned from these outcomes.
    """
    later = sorted((outcome for outcome in outcomes if outcome.recorded_at > trial.since), key=recording_order)
    pairs = [(abs(log_error(o, champion_weights)), abs(log_error(o, trial.weights))) for o in later]
    if not pairs:
        return trial, []
    comparison = copy.deepcopy(trial.comparison)
    comparison.gold_failures = gold_failures
    for champion_error, challenger_error in pairs:
        comparison.observe(champion_error, challenger_error)
    return replace(trial, comparison=comparison, pages=trial.pages + 1), pairs
