"""The parts of the daily analysis and the weekly report, by the sections that they fill."""

from typing import TYPE_CHECKING

from brain.settings.files import read_config

if TYPE_CHECKING:
    from brain.bootstrap import Brain
    from brain.services.analysis.parts import Parts
    from brain.services.analysis.read_learned import ReadLearned


def daily_parts(brain: "Brain") -> "Parts":
    """Return what the daily analysis does besides looking for incidents."""
    from brain.domain.predictions.config import load_prediction_config
    from brain.domain.recommendations.advice_config import load_advice_config
    from brain.domain.recommendations.triggers import load_triggers
    from brain.services.analysis.predict_content import PredictContent
    from brain.services.analysis.recommend import Recommend

    triggers = read_config("triggers", load_triggers)
    return {
        ("predictions",): PredictContent(brain.store, read_config("brain_predictions", load_prediction_config)),
        ("recommendations",): Recommend(brain.store, triggers, read_config("brain_advice", load_advice_config)),
        ("learning",): _learned(brain),
    }


def weekly_parts(brain: "Brain") -> "Parts":
    """Return what the weekly report reads besides the daily sums."""
    from brain.domain.learning.config import learning_config
    from brain.domain.reports import shop
    from brain.services.analysis.stored_advice import StoredAdvice
    from brain.services.retail.pages import ShopPages

    evaluation = read_config("brain_learning", learning_config).policy_evaluation
    return {
        ("predictions", "recommendations", "policy"): StoredAdvice(brain.store, evaluation),
        ("learning",): _learned(brain),
        shop.NAMES: ShopPages(brain.store),
    }


def _learned(brain: "Brain") -> "ReadLearned":
    from brain.domain.learning.config import learning_config
    from brain.services.analysis.read_learned import ReadLearned

    return ReadLearned(brain.store, read_config("brain_learning", learning_config))
