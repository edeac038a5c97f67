"""The catalogue of moves: complete, and refused at once when a name or a text is wrong."""

import pytest
from pydantic import ValidationError
from unit.recommendations.advice_cases import CATALOGUE, catalogue_text

from brain.domain.recommendations.catalogue import MoveCatalogue


def test_the_catalogue_has_enough_moves_and_the_specified_weights():
    """There are at least fifteen reasons, the weights add up to 1, and exploration and control are as promised."""
    policy = CATALOGUE.policy
    weights = policy.score_weights
    assert len(CATALOGUE.moves) >= 15
    assert (weights.priority, weights.effort, weights.confidence, weights.freshness) == (0.35, 0.25, 0.25, 0.15)
    assert (policy.exploration, policy.control, policy.default_limit, policy.largest_limit) == (0.15, 0.05, 5, 10)


def test_every_metric_is_used_by_some_move_or_is_what_a_move_improves():
    """A metric that nothing reads would be asked of the weekly job for nothing."""
    read = {condition.metric for move in CATALOGUE.moves.values() for condition in move.conditions}
    assert set(CATALOGUE.metrics) <= read | {move.improves for move in CATALOGUE.moves.values()}


def _move(**change):
    stated = catalogue_text()
    stated["moves"]["format_wins"].update(change)
    return stated


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"when": {"no_such_metric_above": 1}}, "no_such_metric"),
        ({"when": {"best_format_lift_over": 1}}, "_above or _below"),
        ({"when": {}}, "format_wins.when"),
        ({"priority": "urgent"}, "urgent"),
        ({"effort": "none"}, "none"),
        ({"effect_from": "open_rate_lift"}, "open_rate_lift"),
        ({"improves": "happiness"}, "happiness"),
        ({"evidence": "It is {click_rate} of all."}, "click_rate"),
        ({"trial": "Try {best_format_lift} more of it."}, "best_format_lift"),
        ({"action": "Use {subject more, if you can."}, "action"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_wrong_move_is_an_error_when_the_catalogue_is_loaded(change, message):
    """Unknown triggers, metrics, fields of a text and settings are named; nothing is counted as met."""
    with pytest.raises(ValidationError) as error:
        MoveCatalogue.model_validate(_move(**change))
    assert message in str(error.value)


def test_weights_that_do_not_add_up_are_refused():
    """A score is a share of 1 before its bonus."""
    stated = catalogue_text()
    stated["policy"]["score_weights"]["effort"] = 0.5
    with pytest.raises(ValidationError, match="add up to 1"):
        MoveCatalogue.model_validate(stated)
