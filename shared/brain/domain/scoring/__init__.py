"""How an event scores: SPEC's V′, its components, its constants and the history it needs."""

from brain.domain.scoring.config import ScoringConfig
from brain.domain.scoring.history import NO_HISTORY, PlatformHistory
from brain.domain.scoring.score import DEFAULT_WEIGHTS, Score, Weights, log_components, score

__all__ = [
    "DEFAULT_WEIGHTS",
    "NO_HISTORY",
    "PlatformHistory",
    "Score",
    "ScoringConfig",
    "Weights",
    "log_components",
    "score",
    "scoring_config",
]
