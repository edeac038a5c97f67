"""The parts of the daily analysis and the weekly report, by the sections that they fill."""

from typing import TYPE_CHECKING

from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.bootstrap import Brain
    from brain.services.analysis.parts import Parts
    from brain.services.analysis.read_learned import ReadLearned


def daily_parts(brain: "Brain") -> "Parts":
    """Return what the daily analysis does besides looking for incidents."""
    from brain.domain.predictions.config import PredictionConfig
    from brain.domain.recommendations.advice_config import AdviceConfig
    from brain.domain.recommendations.triggers import Triggers
    from brain.services.analysis.predict_content import PredictContent
    from brain.services.analysis.recommend import Recommend

    triggers = load_config("triggers", Triggers)
    return {
        ("predictions",): PredictContent(brain.store, load_config("brain_predictions", PredictionConfig)),
        ("recommendations",): Recommend(brain.store, triggers, load_config("brain_advice", AdviceConfig)),
        ("learning",): _learned(brain),
    }


def weekly_parts(brain: "Brain") -> "Parts":
    """Return what the weekly report reads besides the daily sums."""
    from brain.domain.learning.config import LearningConfig
    from brain.domain.reports import shop
    from brain.services.analysis.stored_advice import StoredAdvice
    from brain.services.retail.pages import ShopPages

    evaluation = load_config("brain_learning", LearningConfig).policy_evaluation
    return {
        ("predictions", "recommendations", "policy"): StoredAdvice(brain.store, evaluation),
        ("learning",): _learned(brain),
        shop.NAMES: ShopPages(brain.store),
    }


def _learned(brain: "Brain") -> "ReadLearned":
    from brain.domain.learning.config import LearningConfig
    from brain.services.analysis.read_learned import ReadLearned

    return ReadLearned(brain.store, load_config("brain_learning", LearningConfig))
