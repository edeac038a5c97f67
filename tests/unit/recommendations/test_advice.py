"""The advice as a reader and a log see it."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.recommendations.advice_cases import BUSY, CATALOGUE, context, days_ago

from brain.domain.recommendations.advice import advise
from brain.domain.recommendations.catalogue import MetricUnit
from brain.domain.recommendations.wording import format_quantity
from brain.errors import InvalidInputError

FORMATS = {name: BUSY[name] for name in ("best_format_lift", "click_rate")}


def _document(metrics=BUSY, *, limit=10, seed=1, **more):
    return advise(context(metrics, **more), CATALOGUE, limit=limit, seed=seed).to_document()


def _all_cards(metrics=BUSY, **more):
    by_code = {}
    for seed in range(12):
        document = _document(metrics, seed=seed, **more)
        for card in document["recommendations"] + document["held_back"]:
            by_code.setdefault((card["reason_code"], card["move_type"]), card)
    return by_code


def test_the_same_arguments_give_the_same_bytes_and_another_seed_another_draw():
    """All chance comes from the seed."""
    assert json.dumps(_document()) == json.dumps(_document())
    assert len({json.dumps(_document(seed=seed)["places"]) for seed in range(5)}) > 1


@pytest.mark.parametrize("limit", [0, 11, -1])
def test_a_limit_out_of_range_is_refused(limit):
    """From 1 to 10."""
    with pytest.raises(InvalidInputError, match="1 to 10"):
        advise(context(BUSY), CATALOGUE, limit=limit, seed=0)


def test_the_limit_is_five_unless_it_is_given():
    """Five places by default."""
    advice = advise(context(BUSY), CATALOGUE, seed=0)
    assert (advice.limit, len(advice.slots)) == (5, 5)


def test_the_log_holds_all_that_an_evaluation_needs():
    """Policy version, seed, every candidate, every place with every chance, and why others were left out."""
    document = _document()
    ids = {candidate["id"] for candidate in document["candidates"]}
    assert (document["policy_version"], document["seed"], document["limit"]) == ("moves-1", 1, 10)
    assert set(document["places"][0]["chances"]) == ids
    shown_slots = [slot for slot in document["places"] if not slot["held_back"]]
    assert [card["id"] for card in document["recommendations"]] == [slot["drawn"] for slot in shown_slots]
    for card, slot in zip(document["recommendations"], shown_slots, strict=True):
        assert card["propensity"] == slot["chances"][card["id"]]["shown"]
    assert {each["reason_code"] for each in document["excluded"]} & {"ad_cheap"}
    assert json.loads(json.dumps(document)) == document


def test_a_card_says_what_to_do_why_and_how_sure():
    """Numbers of the context stand in the text, and nothing is left to fill in."""
    cards = _all_cards()
    card = cards[("format_wins", "exploit")]
    assert "video" in card["title"]
    assert "+40 % (between +20 % and +60 %, from 60)" in card["evidence"]
    assert card["measured"][0]["value"] == 0.4
    assert (card["priority"], card["effort"], card["confidence"]) == ("high", "medium", 0.8)
    for each in cards.values():
        assert "{" not in each["title"] + each["action"] + each["evidence"]
        assert len(each["action"]) > 20


def test_the_expected_effect_is_measured_or_unknown():
    """The lift that triggered a move is its effect where it has an interval; where nothing is measured it says so."""
    cards = _all_cards(FORMATS)
    lift = cards[("format_wins", "exploit")]["expected_effect"]
    assert (lift["estimate"], lift["lower"], lift["upper"]) == (0.4, 0.2, 0.6)
    unknown = cards[("email_clicks_low", "exploit")]["expected_effect"]
    assert (unknown["estimate"], unknown["basis"]) == (None, "unknown: no measured outcome of this move yet")
    trial = next(card for (_, kind), card in _all_cards({}).items() if kind == "self_generated")
    assert trial["expected_effect"]["estimate"] is None
    assert trial["action"] == CATALOGUE.moves[trial["reason_code"]].trial
    assert "not measured yet" in trial["evidence"]


@pytest.mark.parametrize(("own", "others"), [(1, 0), (2, 0), (1, 6)])
def test_measured_outcomes_of_the_move_come_before_its_trigger(own, others):
    """What it did counts more than what set it off, and the basis says whose outcomes they were."""
    history = [
        {
            "recommendation_id": f"rec_{k}",
            "reason_code": "format_wins",
            "shown_at": days_ago(60),
            "outcome": {"measured_at": days_ago(30), "effect": 0.1, "standard_error": 0.02},
        }
        for k in range(own)
    ]
    shared = {"clients": others, "successes": 8.0, "failures": 4.0, "effect_mean": 0.1, "effect_sd": 0.05}
    priors = {"format_wins": shared} if others else {}
    effect = _all_cards(FORMATS, history=history, priors=priors)[("format_wins", "exploit")]["expected_effect"]
    assert effect["lower"] < effect["estimate"] < effect["upper"]
    assert effect["estimate"] == pytest.approx(0.1)
    assert f"{own} measured outcome" in effect["basis"]
    assert ("of 6 others" in effect["basis"]) == bool(others)


def test_the_three_kinds_of_move_are_told_apart():
    """Sure evidence is exploited, weak evidence validated, and what is drawn by exploration is self-generated."""
    kinds = {kind for _, kind in _all_cards(BUSY | {"click_rate": {"value": 0.01, "confidence": 0.2}})}
    assert kinds == {"exploit", "validation", "self_generated"}


def test_what_is_kept_back_is_no_recommendation():
    """A control move has its card apart, with the same id rules, so that its outcome can be measured."""
    documents = [_document(FORMATS, seed=seed) for seed in range(60)]
    held = [card for document in documents for card in document["held_back"]]
    assert held
    for document in documents:
        assert not {c["id"] for c in document["held_back"]} & {c["id"] for c in document["recommendations"]}


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0123, MetricUnit.FRACTION, "1.23 %"),
        (0.18, MetricUnit.LIFT, "+18 %"),
        (-0.05, MetricUnit.LIFT, "-5 %"),
        (0.72, MetricUnit.RATIO, "28 % below usual"),
        (1.3, MetricUnit.RATIO, "30 % above usual"),
        (36.0, MetricUnit.HOURS, "36 h"),
        (1234.5, MetricUnit.MONEY, "1,234.50 EUR"),
        (3.0, MetricUnit.COUNT, "3"),
        (3.25, MetricUnit.COUNT, "3.25"),
        (12345.6, MetricUnit.COUNT, "12,346"),
    ],
)
def test_numbers_are_written_as_a_marketer_reads_them(value, unit, text):
    """Each unit has its usual form."""
    assert format_quantity(value, unit, "EUR") == text


VALUES = st.floats(min_value=-1e9, max_value=1e9)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.sampled_from(sorted(CATALOGUE.metrics)), VALUES, max_size=8))
def test_any_metrics_give_advice_that_can_be_read(metrics):
    """Every candidate that any value brings up has a probability, and every text is filled."""
    document = _document(metrics, limit=3)
    for slot in document["places"]:
        total = sum(chance["drawn"] for chance in slot["chances"].values())
        assert total == pytest.approx(1) or total == pytest.approx(0.15) or total == 0
    assert all("{" not in card["action"] for card in document["recommendations"])
