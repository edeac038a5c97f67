"""The context: read strictly, with unknown kept apart from 0."""

import json
import math
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.recommendations.advice_cases import CATALOGUE, NOW, context, days_ago

from brain.domain.recommendations.advice import advise
from brain.domain.recommendations.context import MoveAnswer, parse_context
from brain.errors import BrainError, InvalidInputError


def test_a_metric_is_a_number_a_reading_a_list_of_readings_or_unknown():
    """The four ways to report a metric mean what they say."""
    parsed = context(
        {
            "click_rate": 0.01,
            "open_rate": {"value": 0.2, "confidence": 0.3},
            "best_format_lift": [{"subject": "video", "value": 0.4}, {"subject": "photo", "value": 0.1}],
            "bounce_rate": None,
        }
    )
    assert parsed.reading("click_rate", None).value == 0.01
    assert parsed.reading("click_rate", "video").value == 0.01
    assert parsed.reading("best_format_lift", "photo").value == 0.1
    assert parsed.reading("best_format_lift", None) is None
    assert parsed.reading("bounce_rate", None) is None
    assert parsed.reading("share_rate", None) is None


def test_the_period_is_the_format_week_unless_it_is_named():
    """The ids of a week are the same on each of its days."""
    assert context().named_period == "2026-W48"
    assert context(period="november").named_period == "november"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"client_id": "a/b"}, "client_id"),
        ({"as_of": "2026-11-23T09:00:00"}, "as_of"),
        ({"metrics": {"clicks_per_moon": 1}}, "clicks_per_moon"),
        ({"metrics": {"click_rate": "0.01"}}, "click_rate"),
        ({"metrics": {"click_rate": math.nan}}, "click_rate"),
        ({"metrics": {"click_rate": True}}, "click_rate"),
        ({"metrics": {"click_rate": {"value": 1.0, "lower": 3.0, "upper": 2.0}}}, "lower must not exceed"),
        ({"metrics": {"click_rate": {"value": 1.0, "observed_at": "2026-12-01T00:00:00Z"}}}, "later 'observed_at'"),
        ({"metrics": {"click_rate": [{"value": 1.0}, {"value": 2.0}]}}, "one reading per subject"),
        ({"metrics": [1, 2]}, "metrics"),
        ({"confidence": 1.5}, "confidence"),
        ({"feedback": [{"recommendation_id": "r", "status": "snoozed", "at": days_ago(1)}]}, "until"),
        ({"feedback": [{"recommendation_id": "r", "status": "loved", "at": days_ago(1)}]}, "status"),
        ({"mood": "good"}, "mood"),
    ],
)
def test_a_wrong_context_is_refused_with_the_place_and_the_reason(change, message):
    """One sentence says where and what."""
    stated = {"client_id": "acme", "as_of": NOW.isoformat(), "metrics": {}} | change
    with pytest.raises(InvalidInputError) as error:
        parse_context(stated, CATALOGUE.metrics)
    assert message in error.value.message


@pytest.mark.parametrize("stated", [[], "text", 3, None])
def test_what_is_no_object_is_no_context(stated):
    """A list, a text or a number is refused, and told apart."""
    with pytest.raises(InvalidInputError, match="one JSON object"):
        parse_context(stated, CATALOGUE.metrics)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["metrics", "history", "feedback", "priors", "confidence", "period"]), JSON))
def test_no_context_breaks_the_reader(stated):
    """Whatever is sent is either advised on or refused with an error of ours."""
    with suppress(BrainError):
        parsed = parse_context(
            {"client_id": "acme", "as_of": NOW.isoformat(), "metrics": {}} | stated, CATALOGUE.metrics
        )
        assert advise(parsed, CATALOGUE, limit=1, seed=0).to_document()["places"]


@pytest.mark.parametrize("blank", ["", " ", "\t\r\n", "\u00a0", "\u3000", "\u200b", "\ufeff", "\u0000"])
def test_a_reason_of_blanks_is_no_reason(blank):
    """As in the security rules."""
    answer = {"recommendation_id": "rec_1", "status": "dismissed", "at": "2026-11-22T07:30:00Z"}
    assert MoveAnswer.model_validate_json(json.dumps(answer | {"reason": blank})).reason is None
    for reason in (" too dear ", "\u592a\u8d35", "\U0001f44e", "."):
        assert MoveAnswer.model_validate_json(json.dumps(answer | {"reason": reason})).reason == reason
