"""What is answered when there is too little, too wild, or unreadable history."""

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.planned_content import predict_planned
from brain.domain.predictions.scale import LogScale, choose_log_scale
from brain.domain.predictions.sufficiency import estimate_scatter, estimate_sufficiency
from brain.errors import InvalidInputError
from brain.testing.simulations.content import CONFIG, FIRST, drop_results, simulate_posts


def _ask(history, planned, *, time=None):
    return predict_planned(history, planned, target="likes", time=time, config=CONFIG)


def _days(count, every):
    return [FIRST + timedelta(days=every * k) for k in range(count)]


def test_six_posts_are_not_enough_and_the_date_is_told():
    """Six posts, one every two days; the pace says when there are enough."""
    history = simulate_posts(6, 1, every_hours=48)
    answer = _ask(history, [{"type": "photo"}], time="published")
    assert answer.predictions == (None,)
    assert answer.model is None
    assert answer.missing[0].startswith("not enough data yet: 6 observations, about")
    assert answer.sufficiency.expected_on == (FIRST + timedelta(days=10 + 2 * (answer.sufficiency.required - 6))).date()


def test_without_times_there_is_no_date():
    """The pace is not known, and is not guessed."""
    answer = _ask(simulate_posts(6, 1), [{"type": "photo"}])
    assert "the pace is not known" in answer.missing[0]


def test_enough_grows_with_the_square_of_the_clients_own_scatter():
    """Twice the scatter asks for four times the posts, never fewer than ten."""
    calm, wild = (estimate_sufficiency(0, scatter, None, CONFIG).required for scatter in (1.0, 2.0))
    assert wild == pytest.approx(4 * calm, rel=0.05)
    assert estimate_sufficiency(0, 0.01, None, CONFIG).required == 10
    assert estimate_sufficiency(0, None, None, CONFIG).required == 10


@pytest.mark.parametrize(
    ("times", "by"),
    [
        (_days(5, 2), date(2026, 1, 23)),
        (_days(1, 1), None),
        (_days(2, 0), None),
        (_days(5, 4000), None),
        ([], None),
    ],
)
def test_the_date_follows_the_pace(times, by):
    """Five posts every two days need ten more days; one post, one moment and decades tell no date."""
    answered = estimate_sufficiency(len(times), None, times, CONFIG)
    assert answered.expected_on == by


def test_enough_says_so():
    """With ten of ten nothing is missing."""
    answered = estimate_sufficiency(10, None, _days(10, 1), CONFIG)
    assert answered.is_reached
    assert answered.to_sentence() == "enough data: 10 observations, 10 are enough"


def test_scatter_needs_four_results():
    """Three say nothing about how much a client's results differ."""
    assert estimate_scatter([1.0, 2.0, 3.0]) is None
    assert estimate_scatter([10.0, 100.0, 1000.0, 10_000.0]) > 1


def test_low_confidence_says_what_is_missing():
    """Wild content lacks a column, young content time, unknown content a precedent; sure content nothing."""
    wild = _ask(simulate_posts(300, 2, noise=1.5), [{"type": "photo"}, {"type": "reel"}])
    assert "a column that tells it apart" in wild.missing[0]
    assert wild.missing[1] == "nothing with this type was published before"
    young = _ask(simulate_posts(14, 3, noise=1.5, every_hours=48), drop_results(simulate_posts(1, 4)), time="published")
    assert "enough by" in young.missing[0]
    assert _ask(simulate_posts(200, 5, noise=0.2), [{"type": "photo"}]).missing == (None,)


def test_a_client_with_little_history_is_told_so():
    """Others lend their experience, and the client still learns when its own will do."""
    rows = [{**row, "client": "old"} for row in simulate_posts(60, 6)] + [
        {**row, "client": "new"} for row in simulate_posts(5, 7)
    ]
    ahead = [{"client": "old", "published": "2026-03-01"}, {"client": "new", "published": "2026-03-01"}, {}]
    answer = _ask(rows, ahead, time="published")
    assert answer.missing[0] is None or "client" not in answer.missing[0]
    assert answer.missing[1].startswith("client new: not enough data yet: 5 observations")
    assert answer.missing[2].startswith("client unknown: not enough data yet: 0 observations")
    assert all(prediction is not None for prediction in answer.predictions)


def test_rows_without_a_result_or_a_time_are_left_out_and_counted():
    """An unknown result is not 0."""
    rows = [*simulate_posts(20, 8), {"type": "photo", "likes": "", "published": "2026-01-01"}]
    rows.append({"type": "photo", "likes": "5", "published": "soon"})
    assert _ask(rows, [], time="published").excluded_rows == 2
    assert _ask(rows, []).excluded_rows == 1


def test_only_what_is_known_beforehand_is_used():
    """A column that the plan lacks, such as reach, predicts nothing."""
    rng = np.random.default_rng(9)
    rows = [{"type": "photo", "reach": k, "likes": k} for k in rng.integers(1, 1000, 60)]
    assert _ask(rows, [{"type": "photo"}]).model.effects == ()


def test_a_plan_without_times_is_taken_to_follow_at_once():
    """A planned time that cannot be read leaves weekday and hour unknown."""
    answer = _ask(simulate_posts(120, 10), [{"type": "photo", "published": "soon"}], time="published")
    assert answer.predictions[0].predicted > 0


@pytest.mark.parametrize(
    ("rows", "time", "message"),
    [
        ([{"type": "photo"}], None, "must have the column 'likes'"),
        ([{"type": "photo", "likes": "many"}], None, "got 'many' in row 1 of the history"),
        ([{"type": "photo", "likes": 1}], "published", "must have the column 'published'"),
        ([{"likes": 1, "published": "soon"}], "published", "must hold times"),
    ],
)
def test_unreadable_histories_are_refused(rows, time, message):
    """One sentence says what was expected."""
    with pytest.raises(InvalidInputError) as error:
        _ask(rows, [], time=time)
    assert message in error.value.message


def test_no_history_is_not_enough_data():
    """An empty list is an answer, not a failure."""
    assert _ask([], [{"type": "photo"}]).sufficiency.observations == 0
    assert _ask([], [{"type": "photo"}], time="published").predictions == (None,)


@given(st.floats(-1e6, 1e6), st.floats(0.001, 1))
def test_the_scale_goes_there_and_back(value, unit):
    """What is modelled as a logarithm comes back as the value it was."""
    scale = LogScale(unit, never_negative=False)
    assert scale.invert(float(scale.transform(np.array([value]))[0])) == pytest.approx(value, rel=1e-6, abs=1e-9)


def test_the_scale_suits_its_values():
    """Counts have unit 1, fractions a tenth of their middle, and bounds without end stay so."""
    assert choose_log_scale(np.array([0.0, 3.0, 9.0])) == LogScale(1.0, never_negative=True)
    assert choose_log_scale(np.array([0.0, 0.0])) == LogScale(1.0, never_negative=True)
    assert choose_log_scale(np.array([0.01, 0.02, 0.04])).unit == pytest.approx(0.002)
    assert choose_log_scale(np.array([-2.5, 200.5])).never_negative is False
    assert LogScale(1.0, never_negative=True).invert(-np.inf) == 0
    assert LogScale(1.0, never_negative=True).invert(np.inf) == np.inf
    assert LogScale(1.0, never_negative=False).invert(-np.inf) == -np.inf


def test_a_wrong_constant_is_named():
    """A level of 80 is no share."""
    with pytest.raises(ValidationError, match="level"):
        PredictionConfig.model_validate({**CONFIG.model_dump(), "level": 80})
