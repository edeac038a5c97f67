"""The parts of the daily analysis and the weekly report, imported when their job first runs."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.bootstrap import Brain
    from brain.services.analysis.parts import Part, Parts


class PartBuilder(Protocol):
    """Builds one part of a report."""

    def __call__(self, brain: "Brain") -> "tuple[tuple[str, ...], Part]":
        """Return the names of the report sections that the part fills, and the part."""


def build_parts(brain: "Brain", names: Sequence[str]) -> "Parts":
    """Return the named parts in order, by the report sections that they fill."""
    return dict(PARTS[name](brain) for name in names)


def _predictions(brain: "Brain") -> "tuple[tuple[str, ...], Part]":
    from brain.domain.predictions.config import PredictionConfig
    from brain.services.analysis.predict_content import PredictContent

    return ("predictions",), PredictContent(brain.store, load_config("brain_predictions", PredictionConfig))


def _recommendations(brain: "Brain") -> "tuple[tuple[str, ...], Part]":
    from brain.domain.recommendations.advice_config import AdviceConfig
    from brain.domain.recommendations.catalogue import MoveCatalogue
    from brain.services.analysis.recommend import Recommend

    catalogue = load_config("triggers", MoveCatalogue)
    return ("recommendations",), Recommend(brain.store, catalogue, load_config("brain_advice", AdviceConfig))


def _learning(brain: "Brain") -> "tuple[tuple[str, ...], Part]":
    from brain.domain.learning.config import LearningConfig
    from brain.services.analysis.read_learning import ReadLearning

    return ("learning",), ReadLearning(brain.store, load_config("brain_learning", LearningConfig))


def _stored_advice(brain: "Brain") -> "tuple[tuple[str, ...], Part]":
    from brain.domain.learning.config import LearningConfig
    from brain.services.analysis.read_advice import ReadAdvice

    evaluation = load_config("brain_learning", LearningConfig).policy_evaluation
    return ("predictions", "recommendations", "policy"), ReadAdvice(brain.store, evaluation)


def _shop_pages(brain: "Brain") -> "tuple[tuple[str, ...], Part]":
    from brain.domain.reports import shop_pages
    from brain.services.retail.published_pages import PublishedShopPages

    return shop_pages.NAMES, PublishedShopPages(brain.store)


PARTS: Mapping[str, PartBuilder] = {
    "predictions": _predictions,
    "recommendations": _recommendations,
    "learning": _learning,
    "stored_advice": _stored_advice,
    "shop_pages": _shop_pages,
}
