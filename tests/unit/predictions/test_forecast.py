"""Predictions against planted and null worlds: right where there is something, humble where there is not."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.domain.predictions.candidates import build_candidates
from brain.domain.predictions.columns import CategoryColumn, parse_text
from brain.domain.predictions.effects import BinEffect
from brain.domain.predictions.planned_content import predict_planned
from brain.domain.predictions.prediction_model import ContentHistory, fit_model
from brain.errors import InvalidInputError
from brain.testing.simulations.content import CONFIG, FIRST, drop_results, read_results, simulate_posts

NULL = {"photo": 0.0, "video": 0.0, "link": 0.0}


def _ask(history, planned, *, time=None):
    return predict_planned(history, planned, target="likes", time=time, config=CONFIG)


def _coverage(answer, planned):
    pairs = zip(answer.predictions, read_results(planned), strict=True)
    return np.mean([prediction.lower <= result <= prediction.upper for prediction, result in pairs])


def _log_errors(answer, planned):
    predicted = np.array([prediction.predicted for prediction in answer.predictions])
    return np.abs(np.log1p(predicted) - np.log1p(read_results(planned)))


def test_a_planted_format_is_learned():
    """Types that differ by a factor are predicted so, within a quarter, and closer than one value for all."""
    history, planned = simulate_posts(300, 1), simulate_posts(300, 2)
    answer = _ask(history, drop_results(planned))
    typical = {
        row["type"]: np.log1p(prediction.predicted) for row, prediction in zip(planned, answer.predictions, strict=True)
    }
    assert typical["video"] - typical["photo"] == pytest.approx(0.8, abs=0.2)
    assert typical["link"] - typical["photo"] == pytest.approx(-0.6, abs=0.2)
    one_for_all = np.abs(np.median(np.log1p(read_results(history))) - np.log1p(read_results(planned)))
    assert np.median(_log_errors(answer, planned)) < 0.8 * np.median(one_for_all)


def test_nothing_is_learned_from_nothing():
    """In twenty null worlds predictions hardly spread: what is chance is not taken for an effect."""
    spreads = []
    for seed in range(20):
        answer = _ask(
            simulate_posts(200, seed, effects=NULL), drop_results(simulate_posts(50, 100 + seed, effects=NULL))
        )
        spreads.append(np.std([np.log1p(prediction.predicted) for prediction in answer.predictions]))
    assert np.median(spreads) < 0.05
    assert np.mean(spreads) < 0.12


@pytest.mark.parametrize(("count", "noise"), [(60, 0.5), (200, 1.0)])
def test_intervals_cover_four_in_five(count, noise):
    """Over thirty worlds the 80 % interval covers 77 to 83 %."""
    covered = []
    for seed in range(30):
        planned = simulate_posts(100, 500 + seed, noise=noise)
        covered.append(_coverage(_ask(simulate_posts(count, seed, noise=noise), drop_results(planned)), planned))
    assert np.mean(covered) == pytest.approx(0.8, abs=0.03)


def test_intervals_cover_what_comes_after_in_a_drifting_world():
    """Level rising by e in a year: predictions made ahead follow it and still cover about four in five."""
    covered, bias = [], []
    for seed in range(15):
        rows = simulate_posts(360, seed, drift=1.0)
        history, planned = rows[:300], rows[300:]
        answer = _ask(history, drop_results(planned), time="published")
        covered.append(_coverage(answer, planned))
        bias.append(
            np.mean([np.log1p(e.predicted) for e in answer.predictions]) - np.mean(np.log1p(read_results(planned)))
        )
    assert np.mean(covered) == pytest.approx(0.8, abs=0.05)
    assert abs(np.mean(bias)) < 0.25


def test_confidence_is_how_often_results_come_within_a_factor_of_two():
    """What is said with some confidence comes true about that often, in calm and in wild content."""
    for noise in (0.4, 1.2):
        stated, true = [], []
        for seed in range(15):
            planned = simulate_posts(100, 900 + seed, noise=noise)
            answer = _ask(simulate_posts(120, seed, noise=noise), drop_results(planned))
            stated += [prediction.confidence for prediction in answer.predictions]
            true += (_log_errors(answer, planned) <= np.log(2)).tolist()
        assert np.mean(stated) == pytest.approx(np.mean(true), abs=0.03)


def test_wild_formats_get_wider_intervals():
    """A type whose results scatter three times as much has the wider interval and the lower confidence."""
    rng = np.random.default_rng(4)
    rows = [
        {"type": kind, "likes": str(int(np.expm1(5 + sd * rng.standard_normal())))}
        for kind, sd in (("calm", 0.3), ("wild", 0.9))
        for _ in range(150)
    ]
    calm, wild = _ask(rows, [{"type": "calm"}, {"type": "wild"}]).predictions
    assert np.log(wild.upper / wild.lower) > 2 * np.log(calm.upper / calm.lower)
    assert wild.confidence < calm.confidence


def test_one_viral_post_changes_little():
    """A result a thousand times the usual moves the prediction of its type by less than a tenth."""
    history, planned = simulate_posts(100, 3), [{"type": "photo"}]
    viral = [*history, {**history[0], "type": "photo", "likes": "9999999"}]
    before, after = (_ask(rows, planned).predictions[0].predicted for rows in (history, viral))
    assert after == pytest.approx(before, rel=0.1)


def test_unknown_categories_fall_back_on_what_all_have_in_common():
    """A type never seen gets the middle of all types and a wider interval, and is named."""
    history = simulate_posts(300, 5)
    video, reel = _ask(history, [{"type": "video"}, {"type": "reel"}]).predictions
    middle = np.median(np.log1p(read_results(history)))
    assert np.log1p(reel.predicted) == pytest.approx(middle, abs=0.35)
    assert np.log(reel.upper / reel.lower) > 1.1 * np.log(video.upper / video.lower)
    assert (video.unknown, reel.unknown) == ((), ("type",))


def test_clients_fall_back_on_their_vertical():
    """A new client of a strong vertical is predicted like the vertical, not like all clients."""
    rng = np.random.default_rng(6)
    rows = [
        {"client": f"{vertical}-{k}", "vertical": vertical, "likes": str(int(np.expm1(level + 0.3 * rng.normal())))}
        for vertical, level in (("retail", 3.0), ("saas", 6.0))
        for k in range(6)
        for _ in range(20)
    ]
    new = [{"client": "saas-new", "vertical": "saas"}, {"client": "saas-1", "vertical": "saas"}]
    answer = _ask(rows, new)
    assert [np.log1p(prediction.predicted) for prediction in answer.predictions] == pytest.approx([6, 6], abs=0.5)
    assert "not enough data yet: 0 observations" in answer.missing[0]
    assert answer.missing[1] is None


def test_nested_and_crossed_categories_have_parents():
    """A client is taken up after its vertical, a pair after its two parts."""
    table = {
        "vertical": ["a", "a", "b", "b"] * 10,
        "client": ["1", "2", "3", "4"] * 10,
        "kind": ["x"] * 20 + ["y"] * 20,
    }
    candidates = build_candidates([CategoryColumn(name, parse_text) for name in table], table, CONFIG)
    parents = {column_names(c.effect): [column_names(candidates[p].effect) for p in c.parents] for c in candidates}
    assert parents["client",] == [("vertical",)]
    assert parents["vertical", "kind"] == [("vertical",), ("kind",)]
    assert not parents.keys() & {("client", "vertical"), ("vertical", "client")}


def column_names(effect):
    """Return the names of the columns that an effect is made of."""
    return tuple(part.column.name for part in effect.column_effects)


def test_a_pair_that_matters_is_found():
    """Videos work in the evening and photos in the morning: only together the two columns tell."""
    rng = np.random.default_rng(8)
    rows = []
    for _ in range(300):
        kind, part = str(rng.choice(["photo", "video"])), str(rng.choice(["morning", "evening"]))
        level = 5.5 if (kind == "video") == (part == "evening") else 3.5
        rows.append({"type": kind, "part": part, "likes": str(int(np.expm1(level + 0.4 * rng.normal())))})
    ahead = [{"type": kind, "part": part} for kind in ("photo", "video") for part in ("morning", "evening")]
    predicted = [np.log1p(prediction.predicted) for prediction in _ask(rows, ahead).predictions]
    assert predicted == pytest.approx([5.5, 3.5, 3.5, 5.5], abs=0.35)


def test_numbers_count_at_the_resolution_that_tells():
    """Long posts bring more from a length on; missing lengths fall back on the middle."""
    rng = np.random.default_rng(9)
    lengths = rng.integers(10, 1000, 400)
    rows = [
        {"length": str(length), "likes": str(int(np.expm1((6 if length > 700 else 4) + 0.4 * rng.normal())))}
        for length in lengths
    ]
    short, long, unknown = (
        np.log1p(e.predicted) for e in _ask(rows, [{"length": n} for n in ("100", "900", "")]).predictions
    )
    assert (short, long) == pytest.approx((4, 6), abs=0.4)
    assert short <= unknown < long


def test_only_effects_that_explain_something_are_added():
    """The type matters and the length does not; where the length matters, it is cut into bins."""
    answer = _ask(simulate_posts(300, 1), [{"type": "video", "length": "100"}])
    assert {column_names(effect) for effect, _ in answer.model.effects} == {("type",)}
    lengths = [{"length": k, "likes": 10 if k < 300 else 1000} for k in range(600)]
    assert isinstance(_ask(lengths, [{"length": 3}]).model.effects[0][0], BinEffect)


def test_weekday_and_hour_are_read_from_the_time():
    """Posts at eighteen bring more; the plan says only when it will be published."""
    rng = np.random.default_rng(10)
    rows = [{"at": (FIRST + timedelta(hours=9 * k)).isoformat(), "likes": 0} for k in range(240)]
    for row in rows:
        row["likes"] = int(np.expm1((6 if "T18" in row["at"] else 4) + 0.3 * rng.normal()))
    ahead = [{"at": (FIRST + timedelta(days=120, hours=h - 9)).isoformat()} for h in (18, 3)]
    evening, night = predict_planned(rows, ahead, target="likes", time="at", config=CONFIG).predictions
    assert evening.predicted > 3 * night.predicted


def test_fractions_are_predicted_as_fractions():
    """Click rates of a few percent are told apart, and none is predicted below 0."""
    rng = np.random.default_rng(11)
    rows = [
        {"kind": kind, "likes": str(rate * np.exp(0.2 * rng.normal()))}
        for kind, rate in (("a", 0.02), ("b", 0.05))
        for _ in range(80)
    ]
    low, high = _ask(rows, [{"kind": "a"}, {"kind": "b"}]).predictions
    assert (low.predicted, high.predicted) == pytest.approx((0.02, 0.05), rel=0.15)
    assert 0 <= low.lower < low.upper < 0.03


def test_values_below_zero_are_predicted_where_they_were_seen():
    """Net results may be negative, and so may their prediction."""
    rows = [{"kind": kind, "likes": value} for kind, value in (("loss", -40), ("gain", 40)) for _ in range(20)]
    loss, gain = _ask(rows, [{"kind": "loss"}, {"kind": "gain"}]).predictions
    assert loss.predicted < -20
    assert gain.predicted > 20


def test_a_constant_history_predicts_its_constant():
    """Forty times seven is seven."""
    rows = [{"type": "photo" if k % 2 else "video", "likes": 7} for k in range(40)]
    prediction = _ask(rows, [{"type": "photo"}]).predictions[0]
    assert (prediction.predicted, prediction.lower, prediction.upper) == pytest.approx((7, 7, 7), abs=0.01)
    assert prediction.confidence > 0.9


def test_a_history_without_columns_predicts_its_middle():
    """Nothing to tell posts apart: one prediction for all, and a plan of nothing is empty."""
    rows = [{"likes": k} for k in range(1, 30)]
    assert _ask(rows, [{}]).predictions[0].predicted == pytest.approx(15, rel=0.1)
    assert _ask(rows, []).predictions == ()


def test_the_order_of_columns_and_of_timed_rows_changes_nothing():
    """The same facts give the same numbers."""
    rows, ahead = simulate_posts(120, 12), drop_results(simulate_posts(5, 13))
    turned = [dict(reversed(row.items())) for row in reversed(rows)]
    one = _ask(rows, ahead, time="published").predictions
    two = _ask(turned, ahead, time="published").predictions
    for first, second in zip(one, two, strict=True):
        assert (first.predicted, first.lower) == pytest.approx((second.predicted, second.lower), rel=1e-6)


def test_a_plan_within_the_history_is_no_plan_ahead():
    """Rows left out of the middle are judged by folds, and the time itself may tell."""
    rows = simulate_posts(200, 14, drift=4.0)
    left_out = rows[90:110]
    answer = _ask(rows[:90] + rows[110:], drop_results(left_out), time="published")
    assert np.median(_log_errors(answer, left_out)) < 0.6


def test_ten_rows_are_enough_and_nine_are_not():
    """At ten the interval of the level exists."""
    table = {"type": ["photo", "video"] * 5}
    model = fit_model(ContentHistory(table=table, results=list(range(10))), CONFIG)
    prediction = model.predict(table, 10)[0]
    assert 0 <= prediction.lower < prediction.upper < np.inf
    with pytest.raises(InvalidInputError, match="needs 10"):
        fit_model(ContentHistory(table={}, results=[1.0] * 9), CONFIG)


CELLS = st.none() | st.sampled_from(["a", "b", "", "3", "4.5", "nan", "x_1", "ü"]) | st.integers(-5, 5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.fixed_dictionaries({"p": CELLS, "q": CELLS, "likes": st.integers(-3, 1000)}), min_size=10, max_size=30),
    st.lists(st.dictionaries(st.sampled_from(["p", "q", "r"]), CELLS), max_size=4),
)
def test_any_table_gives_ordered_finite_predictions(history, planned):
    """Lower, predicted and upper in order, confidence a share, whatever stands in the cells."""
    for prediction in _ask(history, planned).predictions:
        assert prediction.lower <= prediction.predicted + 1e-9
        assert prediction.predicted <= prediction.upper + 1e-9
        assert np.isfinite(prediction.predicted)
        assert 0 < prediction.confidence < 1
