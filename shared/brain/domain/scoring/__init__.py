"""The score of an event (V′): its components, constants, and the history it needs."""

from brain.domain.scoring.config import ScoringConfig
from brain.domain.scoring.history import NO_HISTORY, PlatformHistory
from brain.domain.scoring.score import DEFAULT_WEIGHTS, Score, Weights, compute_log_components, score

__all__ = [
    "DEFAULT_WEIGHTS",
    "NO_HISTORY",
    "PlatformHistory",
    "Score",
    "ScoringConfig",
    "Weights",
    "compute_log_components",
    "score",
]
