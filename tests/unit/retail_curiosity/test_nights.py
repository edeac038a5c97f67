"""Night after night: few leads where nothing is, most of what is, and findings only on days that came later."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import yaml

from brain.domain.retail.curiosity import refuters
from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import HypothesisEntry, HypothesisState
from brain.domain.retail.curiosity.night import LedgerHistory, run_night
from brain.domain.retail.curiosity.question import QuestionSubject, build_questions
from brain.domain.retail.curiosity.question_subjects import build_question_batches
from brain.domain.retail.curiosity.screening import compute_level_weights
from brain.domain.retail.series import CalendarEvent, DailySeries
from brain.domain.retail.shop_data import ShopData
from brain.testing.simulations.curiosity import FIRST_DAY, ShopSimulation, simulate_chain, simulate_shop

CONFIG = CuriosityConfig.model_validate(
    yaml.safe_load((Path(__file__).parents[3] / "config" / "hypotheses.yaml").read_text(encoding="utf-8"))
)
RAIN = tuple(
    template for template in CONFIG.templates if template.id in {"rain", "wind", "clouds", "payday_end_of_month"}
)
SHORT = CONFIG.model_copy(update={"templates": RAIN})
NOTHING_BEFORE = LedgerHistory()


def run_simulated_night(
    world: ShopSimulation, past: LedgerHistory = NOTHING_BEFORE, config: CuriosityConfig = CONFIG
) -> list[HypothesisEntry]:
    """The night after the world's last day."""
    last = max(series.last_day for series in world.series)
    return run_night(last, build_question_batches(world.series, world.shop_data, config), past, config.limits)


def find_lead_templates(entries: Sequence[HypothesisEntry]) -> set[str]:
    """The templates that made a lead."""
    return {hypothesis.template for hypothesis in entries if hypothesis.state is HypothesisState.LEAD}


def run_nights(
    world: ShopSimulation, nights: Sequence[date], config: CuriosityConfig = SHORT
) -> list[list[HypothesisEntry]]:
    """The entries of several nights, each knowing the ones before."""
    latest: dict[str, HypothesisEntry] = {}
    confirmations: list[bool] = []
    ledger = []
    for night in nights:
        entries = run_simulated_night(world.until(night), LedgerHistory(latest, confirmations), config)
        latest = latest | {hypothesis.hypothesis_id: hypothesis for hypothesis in entries}
        confirmations += [
            hypothesis.state is HypothesisState.FINDING for hypothesis in entries if hypothesis.alpha is not None
        ]
        ledger.append(entries)
    return ledger


def list_nights(days: int, first: int, last: int) -> list[date]:
    """Nights from day ``first`` to day ``last`` of the world."""
    return [FIRST_DAY + timedelta(days=index) for index in range(first, last + 1, days)]


@pytest.mark.slow
def test_where_nothing_moves_sales_few_nights_have_a_lead() -> None:
    """80 null worlds of 540 days: any lead in at most 12 % of nights."""
    nights = [run_simulated_night(simulate_shop(seed)) for seed in range(80)]
    assert np.mean([bool(find_lead_templates(entries)) for entries in nights]) <= 0.12
    assert not any(hypothesis.state is HypothesisState.FINDING for entries in nights for hypothesis in entries)
    assert min(sum(hypothesis.p_value is not None for hypothesis in entries) for entries in nights) >= 30


@pytest.mark.slow
@pytest.mark.parametrize(("effect", "min_share"), [(0.4, 0.35), (0.8, 0.95)])
def test_what_moves_sales_becomes_a_lead(effect: float, min_share: float) -> None:
    """Wet days (65 of 540) planted at 0.4 and 0.8 standard deviations, 40 worlds each."""
    hits = [
        any(
            "rain" in name
            for name in find_lead_templates(run_simulated_night(simulate_shop(100 + seed, effect=effect)))
        )
        for seed in range(40)
    ]
    assert np.mean(hits) >= min_share


def test_a_planted_effect_lies_in_its_interval_and_above_what_could_be_detected() -> None:
    """The estimate is a relative change of a day's sales, near 0.8 × 15 %."""
    (rain,) = [
        hypothesis
        for hypothesis in run_simulated_night(simulate_shop(5, days=1000, effect=0.8))
        if hypothesis.template == "rain"
    ]
    assert rain.lower is not None
    assert rain.upper is not None
    assert rain.lower < 0.12 < rain.upper
    assert rain.effect == pytest.approx(0.12, abs=0.05)
    assert rain.detectable_effect is not None
    assert 0 < rain.detectable_effect < rain.effect


def test_a_lead_becomes_a_finding_only_by_days_after_the_question() -> None:
    """The finding's test begins the day after the lead arose, and is made once."""
    nights = run_nights(simulate_shop(101, days=1000, effect=0.8), list_nights(20, 540, 999))
    path = [next(hypothesis for hypothesis in entries if hypothesis.template == "rain") for entries in nights]
    states = [hypothesis.state for hypothesis in path]
    assert states[0] is HypothesisState.LEAD
    assert HypothesisState.FINDING in states
    finding = path[states.index(HypothesisState.FINDING)]
    assert finding.asked_on == FIRST_DAY + timedelta(days=540)
    assert finding.tested_from == finding.asked_on + timedelta(days=1)
    assert finding.n == (finding.night - finding.asked_on).days
    assert sum(hypothesis.alpha is not None for hypothesis in path) == 1
    assert states[states.index(HypothesisState.FINDING) :] == [HypothesisState.FINDING] * (
        len(states) - states.index(HypothesisState.FINDING)
    )


def test_days_before_the_question_do_not_change_its_confirmation() -> None:
    """Sales rewritten before the question leave the confirming estimate where it was, to the model's own fit."""
    world = simulate_shop(101, days=900, effect=0.8)
    first, second = list_nights(300, 540, 899)[:2]
    lead = next(
        hypothesis
        for hypothesis in run_simulated_night(world.until(first), config=SHORT)
        if hypothesis.template == "rain"
    )
    past = LedgerHistory({lead.hypothesis_id: replace(lead, due_on=second)})
    other = simulate_shop(777, days=900).series[0]
    joined = world.series[0].sales.copy()
    joined[:541] = other.sales[:541]
    rewritten = ShopSimulation((replace(world.series[0], sales=joined),), world.shop_data)
    nights = [run_simulated_night(simulation.until(second), past, SHORT) for simulation in (world, rewritten)]
    original, changed = (
        next(hypothesis for hypothesis in entries if hypothesis.template == "rain") for entries in nights
    )
    assert original.state is changed.state is HypothesisState.FINDING
    assert changed.effect == pytest.approx(original.effect, abs=0.02)


def test_a_lead_that_was_chance_is_not_confirmed_and_rests() -> None:
    """It is tested once, dropped, and asked again only after its rest."""
    world = simulate_shop(3, days=1000)
    asked_on = FIRST_DAY + timedelta(days=540)
    lead = next(
        hypothesis
        for hypothesis in run_simulated_night(world.until(asked_on), config=SHORT)
        if hypothesis.template == "wind"
    )
    made_up = replace(
        lead, state=HypothesisState.LEAD, asked_on=asked_on, due_on=asked_on + timedelta(days=90), effect=0.1
    )
    past = {made_up.hypothesis_id: made_up}
    states = []
    for night in list_nights(60, 600, 900):
        hypothesis = next(
            hypothesis
            for hypothesis in run_simulated_night(world.until(night), LedgerHistory(past), SHORT)
            if hypothesis.template == "wind"
        )
        past = {hypothesis.hypothesis_id: hypothesis}
        states.append(hypothesis.state)
    assert states == [
        HypothesisState.LEAD,
        HypothesisState.NOT_CONFIRMED,
        HypothesisState.NOT_CONFIRMED,
        HypothesisState.NOT_CONFIRMED,
        HypothesisState.NOTHING,
        HypothesisState.NOTHING,
    ]


def test_a_finding_that_stops_holding_is_retired() -> None:
    """A terrace gets a roof: after the confirmation rain no longer matters, and the finding ends."""
    wet, dry = simulate_shop(101, days=1100, effect=1.2), simulate_shop(101, days=1100)
    sales = np.where(np.arange(1100) < 750, wet.series[0].sales, dry.series[0].sales)
    world = ShopSimulation((replace(wet.series[0], sales=sales),), wet.shop_data)
    nights = run_nights(world, list_nights(30, 540, 1099))
    states = [next(hypothesis.state for hypothesis in entries if hypothesis.template == "rain") for entries in nights]
    assert HypothesisState.FINDING in states
    assert states[-1] is HypothesisState.RETIRED


def test_a_lead_whose_signal_stays_away_is_postponed() -> None:
    """Paydays come once a month: too few since the question, so the lead waits."""
    world = simulate_shop(4, days=700)
    night = FIRST_DAY + timedelta(days=600)
    before = next(
        hypothesis
        for hypothesis in run_simulated_night(world.until(night), config=SHORT)
        if hypothesis.template == "payday_end_of_month"
    )
    lead = replace(before, state=HypothesisState.LEAD, asked_on=night - timedelta(days=60), due_on=night, effect=0.1)
    entries = run_simulated_night(world.until(night), LedgerHistory({lead.hypothesis_id: lead}), SHORT)
    waiting = next(hypothesis for hypothesis in entries if hypothesis.template == "payday_end_of_month")
    assert (waiting.state, waiting.alpha) == (HypothesisState.LEAD, None)
    assert waiting.due_on == night + timedelta(days=CONFIG.limits.postpone_days)


@pytest.mark.slow
def test_a_year_of_nights_without_anything_finds_nothing() -> None:
    """Six null shops looked at every four weeks for a year: at most one of them believes in anything."""
    believing = 0
    for seed in range(6):
        nights = run_nights(simulate_shop(400 + seed, days=905), list_nights(28, 540, 904), CONFIG)
        believing += any(hypothesis.state is HypothesisState.FINDING for entries in nights for hypothesis in entries)
    assert believing <= 1


def test_the_same_night_again_is_the_same() -> None:
    """Dummy outcomes included: chance is drawn from the question and the night."""
    world = simulate_shop(102, effect=0.8)
    assert run_simulated_night(world) == run_simulated_night(world)


def test_too_little_is_said_with_the_day_on_which_it_will_be_enough() -> None:
    """A store with five days and a store with seventy: no crash, no claim."""
    for days in (1, 5, 70):
        entries = run_simulated_night(simulate_shop(1, days=days))
        assert {hypothesis.state for hypothesis in entries} == {HypothesisState.TOO_LITTLE_DATA}
        assert all(hypothesis.note and hypothesis.note.startswith("Not enough data yet") for hypothesis in entries)
    rain = next(hypothesis for hypothesis in entries if hypothesis.template == "clouds")
    assert rain.note == f"Not enough data yet: enough by {FIRST_DAY + timedelta(days=69 + 20)}."


def test_a_year_long_gap_is_neither_zero_nor_a_finding() -> None:
    """A shop closed for a year is asked about the days it traded."""
    series = simulate_shop(2, days=900).series[0]
    closed = np.ones(900, dtype=bool)
    closed[300:665] = False
    gap = replace(series, open=closed, sales=np.where(closed, series.sales, np.nan))
    entries = run_simulated_night(ShopSimulation((gap,), simulate_shop(2, days=900).shop_data))
    assert not find_lead_templates(entries)
    assert max(hypothesis.n for hypothesis in entries) == 535


def test_a_signal_that_the_weekday_tells_cannot_be_asked_about() -> None:
    """A market every Saturday is Saturday: there is nothing of its own to test."""
    world = simulate_shop(6)
    markets = tuple(CalendarEvent("fish", "market", day, day) for day in list_nights(7, 5, 539))
    entries = run_simulated_night(
        ShopSimulation(world.series, ShopData(world.shop_data.stores, markets, world.shop_data.weather))
    )
    (market,) = [hypothesis for hypothesis in entries if hypothesis.template == "market"]
    assert (market.state, market.effect) == (HypothesisState.TOO_LITTLE_DATA, None)
    assert market.note == "Not to be told from weekday, trend and season."


def test_events_are_asked_about_by_class_where_the_store_has_them() -> None:
    """A chain has totals of its own; a class of events concerns the stores that have it."""
    world = simulate_chain(50, stores=2)
    games = tuple(CalendarEvent("derby", "home_game", day, day, "store_0") for day in list_nights(14, 5, 539))
    facts = ShopData(world.shop_data.stores, games, world.shop_data.weather)
    entries = run_simulated_night(ShopSimulation(world.series, facts))
    by_store = {
        store: {hypothesis.template for hypothesis in entries if hypothesis.store_id == store}
        for store in ("store_0", "store_1", "*")
    }
    assert {"home_game", "any_event"} <= by_store["store_0"] & by_store["*"]
    assert not {"home_game", "any_event"} & by_store["store_1"]
    rain = next(hypothesis for hypothesis in entries if hypothesis.store_id == "*" and hypothesis.template == "rain")
    assert rain.n == 540


def test_a_store_without_weather_is_asked_about_its_calendar() -> None:
    """Weather is an extra, not a condition."""
    world = simulate_shop(9)
    entries = run_simulated_night(ShopSimulation(world.series, ShopData(world.shop_data.stores)))
    assert {
        hypothesis.template for hypothesis in entries if hypothesis.state is not HypothesisState.TOO_LITTLE_DATA
    } >= {"first_of_month"}
    assert "rain" not in {hypothesis.template for hypothesis in entries}


def test_products_share_what_totals_leave_of_the_night_s_level() -> None:
    """The main products of each store are asked about; weights have mean 1 and totals weigh more."""
    world = simulate_shop(1)
    bread = world.series[0]
    products = tuple(
        DailySeries(bread.store_id, name, bread.first_day, bread.sales * share, bread.returns, bread.open)
        for name, share in (("bread", 0.5), ("rolls", 0.3), ("cake", 0.2))
    )
    subjects = build_question_batches(products, world.shop_data, SHORT)
    assert set(subjects) == {
        QuestionSubject("kiel"),
        *(QuestionSubject("kiel", name) for name in ("bread", "rolls", "cake")),
    }
    assert [str(subject) for subject in subjects][:2] == ["store kiel", "bread in store kiel"]
    weights = compute_level_weights(build_questions(subjects, {}), 0.7)
    assert weights.mean() == pytest.approx(1)
    assert weights.max() / weights.min() == pytest.approx(7)
    fewer = SHORT.model_copy(update={"limits": SHORT.limits.model_copy(update={"products_per_store": 1})})
    assert set(build_question_batches(products, world.shop_data, fewer)) == {
        QuestionSubject("kiel"),
        QuestionSubject("kiel", "bread"),
    }


def test_a_lead_that_turns_its_sign_between_halves_is_refuted() -> None:
    """A large effect in the first half and a small opposite one in the second is no lead."""
    world = simulate_shop(12)
    wind = world.shop_data.weather["kiel"].values[:, 4]
    windy = wind >= np.quantile(wind, 0.8)
    early = np.arange(540) < 270
    sales = world.series[0].sales * np.where(windy, np.where(early, 1.6, 0.95), 1.0)
    entries = run_simulated_night(
        ShopSimulation((replace(world.series[0], sales=sales),), world.shop_data), config=SHORT
    )
    hypothesis = next(hypothesis for hypothesis in entries if hypothesis.template == "wind")
    assert hypothesis.state is HypothesisState.REFUTED
    assert hypothesis.refuters is not None
    assert '"subset": {"passed": false' in hypothesis.refuters


def test_an_effect_of_exactly_nothing_is_carried_by_no_part_of_the_days() -> None:
    """Where the whole is nothing, no share of it can be named."""
    assert refuters._find_weakest_subset(np.zeros(60), np.ones(60)) == 0.0


def test_a_lead_waits_even_where_nothing_can_be_computed() -> None:
    """A shop that was imported anew with two days keeps its lead, without an effect."""
    world = simulate_shop(4, days=700)
    night = FIRST_DAY + timedelta(days=600)
    before = next(
        hypothesis
        for hypothesis in run_simulated_night(world.until(night), config=SHORT)
        if hypothesis.template == "rain"
    )
    lead = replace(before, state=HypothesisState.LEAD, asked_on=night, due_on=night + timedelta(days=9), effect=0.1)
    entries = run_simulated_night(simulate_shop(4, days=2), LedgerHistory({lead.hypothesis_id: lead}), SHORT)
    waiting = next(hypothesis for hypothesis in entries if hypothesis.template == "rain")
    assert (waiting.state, waiting.effect, waiting.n) == (HypothesisState.LEAD, None, 2)


def test_entries_survive_their_row() -> None:
    """What is written into the ledger is what is read from it."""
    for hypothesis in run_simulated_night(simulate_shop(101, effect=0.8), config=SHORT):
        assert HypothesisEntry.from_row(hypothesis.to_row()) == hypothesis
