"""Decisions that did nothing are not said to have earned, and those that did are valued within their intervals."""

from dataclasses import replace
from datetime import timedelta
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from brain.domain.reports import monthly_report
from brain.domain.retail.roi import statement_wording
from brain.domain.retail.roi.decision_groups import group_into_spells
from brain.domain.retail.roi.shop_decision import DecisionKind
from brain.domain.retail.roi.statement import StatementPeriod, TargetStatus, build_statement
from brain.domain.retail.roi.valuation import DecisionValuation, DecisionVerdict, ValueBasis
from brain.domain.retail.roi.value_estimate import adjust_for_control
from brain.domain.retail.series import DailySeries, Store
from brain.domain.retail.shop_data import ShopData
from brain.testing.simulations.decisions import (
    ALL_TIME,
    MARGIN,
    DecisionScenario,
    DecisionSimulation,
    build_decision,
    build_roi_statement,
    compare_valuations,
    load_roi_config,
    simulate_decisions,
)
from brain.testing.simulations.shop import (
    build_calendar_event,
    build_series,
    build_weather,
    get_date,
    load_retail_config,
    simulate_sales,
)

DAYS = 480


@cache
def worlds(scenario: DecisionScenario, count: int) -> NDArray[np.float64]:
    """Figures of every decision of ``count`` worlds."""
    return np.concatenate([compare_valuations(simulate_decisions(7_000 + seed, scenario)) for seed in range(count)])


def covered(rows: NDArray[np.float64], lower: int, upper: int) -> float:
    """The share of truths inside the interval."""
    return float(np.mean((rows[:, lower] <= rows[:, 0]) & (rows[:, 0] <= rows[:, upper])))


@pytest.mark.slow
@pytest.mark.parametrize(
    "scenario",
    [DecisionScenario(), DecisionScenario(shared_variance=0.7), DecisionScenario(duration=3)],
    ids=["alone", "shared", "short"],
)
def test_where_nothing_was_brought_zero_is_inside_as_often_as_promised(scenario: DecisionScenario) -> None:
    """80 % intervals cover 77 to 83 %, and at most 5 % of decisions are wrongly said to have earned."""
    rows = worlds(scenario, 10)
    assert len(rows) == 450
    assert 0.77 <= covered(rows, 2, 3) <= 0.83
    assert covered(rows, 4, 5) >= 0.93
    assert np.mean(rows[:, 4] > 0) <= 0.05


@pytest.mark.slow
def test_a_lift_that_was_planted_is_recovered() -> None:
    """Its money lies inside the intervals as often as promised, and the estimates are right in the mean."""
    rows = worlds(DecisionScenario(lift=0.3), 10)
    assert 0.77 <= covered(rows, 2, 3) <= 0.83
    assert np.mean(rows[:, 1]) == pytest.approx(np.mean(rows[:, 0]), rel=0.05)
    assert np.mean(rows[:, 4] > 0) > 0.5


def test_stores_without_the_decision_make_it_surer() -> None:
    """Where stores share what moves them, the others' days narrow the interval."""
    alone = worlds(DecisionScenario(), 10)
    shared = worlds(DecisionScenario(shared_variance=0.7), 10)
    assert np.mean(shared[:, 3] - shared[:, 2]) < 0.7 * np.mean(alone[:, 3] - alone[:, 2])


@pytest.mark.slow
def test_a_sum_knows_that_stores_err_together() -> None:
    """The total over stores that share their noise, all decided, is as unsure as that noise."""
    covering, wider = [], []
    for seed in range(12):
        statement = build_roi_statement(
            simulate_decisions(
                9_000 + seed, DecisionScenario(stores=21, shared_variance=0.8, untreated_every=99, days=430)
            )
        )
        (total,) = statement.totals
        alone = np.sqrt(
            sum((v.estimate.upper_80 - v.estimate.lower_80) ** 2 for v in statement.valuations if v.estimate)
        )
        wider.append((total.estimate.upper_80 - total.estimate.lower_80) / alone)
        covering.append(total.estimate.lower_95 <= 0 <= total.estimate.upper_95)
    assert np.mean(wider) > 1.4
    assert np.mean(covering) >= 0.85


def one_store(sales: NDArray[np.float64] | None = None, **facts: object) -> tuple[list[DailySeries], ShopData]:
    """A single store's total and its facts."""
    store_sales = simulate_sales(3, DAYS) if sales is None else sales
    return [build_series(store_sales)], ShopData({"north": Store("north")}, **facts)  # type: ignore[arg-type]


def value_all(
    shop: tuple[list[DailySeries], ShopData],
    *decisions: object,
    period: StatementPeriod = ALL_TIME,
    margin: float | None = MARGIN,
) -> tuple[DecisionValuation, ...]:
    """What is said of decisions in a shop."""
    return build_statement(*shop, decisions, period, load_retail_config(), load_roi_config(margin)).valuations  # type: ignore[arg-type]


def test_no_sales_after_the_start_move_the_counterfactual() -> None:
    """Whatever is sold from the first day on, the sales that would have been stay the same to the last bit."""
    sales = simulate_sales(3, DAYS)
    other = sales.copy()
    other[450:] *= np.linspace(0.1, 3.0, DAYS - 450)
    (before,) = value_all(one_store(sales), build_decision("a", 450, 7))
    (after,) = value_all(one_store(other), build_decision("a", 450, 7))
    assert before.expected == after.expected
    assert np.array_equal(before.placebo_differences, after.placebo_differences, equal_nan=True)  # type: ignore[arg-type]
    assert before.actual != after.actual


def test_another_decision_s_length_moves_nothing() -> None:
    """Asked alone or beside a longer one in the next shop, a decision is worth the same."""
    series = [build_series(simulate_sales(index, DAYS), f"s{index}") for index in range(3)]
    shop = series, ShopData({store_series.store_id: Store(store_series.store_id) for store_series in series})
    longer = build_decision("b", 450, 20, "s1")
    alone = value_all(
        shop, build_decision("a", 450, 6, "s0"), longer, period=StatementPeriod(get_date(455), get_date(455))
    )
    both = value_all(shop, build_decision("a", 450, 6, "s0"), longer)
    assert alone[0].estimate == both[0].estimate


def test_the_weather_and_the_events_that_came_are_no_merit_of_the_decision() -> None:
    """A shop that sells half as much again when it is fair week does not owe that to a poster."""
    rng = np.random.default_rng(5)
    rain = (rng.random(DAYS) < 0.3) * 6.0
    sales = simulate_sales(5, DAYS, noise=0.05) * np.exp(-0.2 * (rain > 0))
    fairs = [build_calendar_event("fair", index, "festival", 3) for index in (40, 110, 180, 250, 320, 390, 452)]
    for fair in fairs:
        index = (fair.start - get_date(0)).days
        sales[index : index + 3] *= 1.5
    weather = {"north": build_weather("north", np.full(DAYS, 12.0), rain)}
    (knowing,) = value_all(one_store(sales, events=tuple(fairs), weather=weather), build_decision("a", 450, 7))
    (blind,) = value_all(one_store(sales), build_decision("a", 450, 7))
    assert knowing.estimate is not None
    assert blind.estimate is not None
    assert abs(knowing.estimate.amount) < abs(blind.estimate.amount)
    assert knowing.estimate.lower_95 <= 0 <= knowing.estimate.upper_95
    assert knowing.estimate.upper_80 - knowing.estimate.lower_80 < blind.estimate.upper_80 - blind.estimate.lower_80


def test_the_calendar_s_entry_for_a_promotion_does_not_take_its_worth_away() -> None:
    """An event of class promotion on its days is the decision itself; on other days it is what it is."""
    sales = simulate_sales(6, DAYS, noise=0.05)
    for index in (200, 280, 360, 450):
        sales[index : index + 5] *= 1.4
    listed = tuple(build_calendar_event("sale", index, "promotion", 5) for index in (200, 280, 360, 450))
    (valuation,) = value_all(one_store(sales, events=listed), build_decision("a", 450, 5))
    assert valuation.verdict is DecisionVerdict.EARNED
    elsewhere = value_all(one_store(sales, events=listed), build_decision("a", 450, 5, kind=DecisionKind.STAFFING))
    assert valuation.estimate is not None
    assert elsewhere[0].estimate is not None
    assert elsewhere[0].estimate.amount < 0.6 * valuation.estimate.amount


def test_costs_and_savings_are_in_the_worth() -> None:
    """A cost of 100 makes it 100 less; hours that were saved make it more."""
    free, dear, saved = (
        value_all(one_store(), build_decision("a", 450, 7, cost=cost))[0] for cost in (0.0, 100.0, -50.0)
    )
    assert free.estimate is not None
    assert dear.estimate is not None
    assert saved.estimate is not None
    assert dear.estimate.amount == pytest.approx(free.estimate.amount - 100)
    assert saved.estimate.lower_80 == pytest.approx(free.estimate.lower_80 + 50)


def test_a_loss_is_told_as_plainly_as_a_win() -> None:
    """A dear decision that brought nothing lost money; it is counted in the total, and the target is missed."""
    shop = one_store()
    statement = build_statement(
        *shop, [build_decision("a", 450, 7, cost=5000.0)], StatementPeriod(), load_retail_config(), load_roi_config()
    )
    assert statement.valuations[0].verdict is DecisionVerdict.LOST
    assert statement.valuations[0].estimate is not None
    assert statement.totals[0].estimate.lower_80 == pytest.approx(statement.valuations[0].estimate.lower_80)
    assert statement.target_status is TargetStatus.MISSED


def test_without_a_margin_the_answer_is_revenue_and_no_target_is_reached() -> None:
    """Costs are then not taken off, since revenue is not what is left."""
    sales = simulate_sales(3, DAYS)
    sales[450:457] *= 1.6
    statement = build_statement(
        *one_store(sales),
        [build_decision("a", 450, 7, cost=10.0)],
        StatementPeriod(),
        load_retail_config(),
        load_roi_config(None),
    )
    (valuation,) = statement.valuations
    assert (valuation.basis, valuation.verdict, valuation.margin) == (
        ValueBasis.REVENUE,
        DecisionVerdict.SOLD_MORE,
        None,
    )
    assert valuation.estimate is not None
    assert valuation.estimate.amount > 1500
    assert statement.target_status is TargetStatus.NOT_KNOWN
    sales[450:457] *= 0.2
    (less,) = value_all(one_store(sales), build_decision("a", 450, 7), margin=None)
    assert less.verdict is DecisionVerdict.SOLD_LESS


def test_the_target_is_reached_only_when_that_is_sure() -> None:
    """At 80 %: the lower end lies above it."""
    sales = simulate_sales(3, DAYS)
    sales[450:457] *= 3.0
    statement = build_statement(
        *one_store(sales), [build_decision("a", 450, 7)], StatementPeriod(), load_retail_config(), load_roi_config()
    )
    assert statement.totals[0].estimate.lower_80 > statement.target
    assert statement.target_status is TargetStatus.REACHED


def test_decisions_on_the_same_days_are_told_together_and_counted_once() -> None:
    """What cannot be told apart is not shared out."""
    valuations = value_all(
        one_store(),
        build_decision("a", 440, 7, cost=30.0),
        build_decision("b", 445, 7, kind=DecisionKind.POST, cost=20.0),
    )
    (both,) = valuations
    assert [decision.decision_id for decision in both.group.decisions] == ["a", "b"]
    assert (both.group.cost, both.open_days) == (50.0, 12)


def test_a_decision_soon_after_another_is_forecast_from_before_the_first() -> None:
    """The first one's sales do not raise what is expected without the second."""
    sales = simulate_sales(3, DAYS)
    lifted = sales.copy()
    lifted[440:447] *= 2.0
    pair = build_decision("a", 440, 7), build_decision("b", 449, 7)
    quiet, loud = value_all(one_store(sales), *pair)[1], value_all(one_store(lifted), *pair)[1]
    assert quiet.expected == loud.expected


def test_an_old_decision_s_days_are_left_out_of_what_is_compared() -> None:
    """A lift a month earlier neither raises the forecast nor widens the interval."""
    sales = simulate_sales(3, DAYS)
    lifted = sales.copy()
    lifted[400:407] *= 3.0
    pair = build_decision("a", 400, 7), build_decision("b", 450, 7)
    quiet, loud = value_all(one_store(sales), *pair)[1], value_all(one_store(lifted), *pair)[1]
    assert quiet.estimate == loud.estimate


@pytest.mark.parametrize(
    ("decisions", "reason"),
    [
        ([build_decision("a", DAYS + 3, 5)], "it starts on"),
        ([build_decision("a", DAYS - 3, 5)], "it runs until"),
        ([build_decision("a", 400, 70)], "longer than 56 days"),
        ([build_decision("a", 30, 7)], "fewer than 56 days of sales"),
        ([build_decision("a", 90, 7)], "earlier stretches"),
        ([build_decision("a", 460, 3)], "no sales on its days"),
        ([build_decision("a", 450, 3, kind=DecisionKind.STOCK)], "name the product or category"),
        ([build_decision("a", 450, 3, product_id="cake")], "nothing called cake"),
        ([build_decision("a", 450, 3, category="cakes")], "nothing called cakes"),
        ([build_decision(str(index), index, 7) for index in range(300, 440, 10)], "decisions followed each other"),
    ],
)
def test_what_cannot_be_known_is_said_to_be_unknown(decisions: list[object], reason: str) -> None:
    """With the reason, and without a figure."""
    sales = simulate_sales(3, DAYS)
    sales[460:463] = np.nan
    valuation = value_all(one_store(sales), *decisions)[-1]
    assert (valuation.verdict, valuation.estimate) == (DecisionVerdict.UNKNOWN, None)
    assert reason in valuation.reason


def test_a_store_that_opened_late_is_unknown_and_one_that_never_sold_it_too() -> None:
    """Other stores' history does not make up for its own."""
    young = simulate_sales(4, DAYS)
    young[:430] = np.nan
    series = [build_series(simulate_sales(3, DAYS), "old"), build_series(young[420:], "young", get_date(420))]
    cake = replace(build_series(simulate_sales(3, DAYS, level=50.0), "old"), product_id="cake", category="sweet")
    shop = [*series, cake], ShopData({"old": Store("old"), "young": Store("young")})
    (late,) = value_all(shop, build_decision("a", 465, 5, "young"))
    assert "days of sales before it" in late.reason
    (never,) = value_all(shop, build_decision("a", 465, 5, "young", product_id="cake"))
    assert "never sold" in never.reason


def test_a_young_store_s_first_weeks_tell_no_chance() -> None:
    """A store of thirty weeks beside an old one: what it earns is known to a few hundred, not to a million."""
    opened = DAYS - 210
    young = simulate_sales(4, DAYS)
    series = [build_series(simulate_sales(3, DAYS), "old"), build_series(young[opened:], "young", get_date(opened))]
    simulation = DecisionSimulation(series, [build_decision("late", DAYS - 10, 4, "young")], {"late": 0.0})
    (valued,) = build_roi_statement(simulation, margin=None).valuations
    assert valued.estimate is not None
    assert valued.placebo_differences is not None
    assert not np.isfinite(valued.placebo_differences[24:]).any()
    assert valued.estimate.upper_95 - valued.estimate.lower_95 < 0.6 * young[DAYS - 10 : DAYS - 6].sum()


def test_a_product_s_decision_is_valued_by_its_own_sales_and_its_category_s_margin() -> None:
    """In one store or in all, by product or by category."""
    cake = simulate_sales(8, DAYS, level=200.0)
    cake[450:457] *= 2.0
    series = [
        replace(build_series(cake, "north"), product_id="cake", category="sweet"),
        replace(build_series(simulate_sales(9, DAYS)), product_id="bread", category="loaf"),
    ]
    roi = load_roi_config(None)
    roi = roi.model_copy(update={"margins": roi.margins.model_copy(update={"categories": {"sweet": 0.6}})})
    facts = ShopData({"north": Store("north")})
    for about in ({"product_id": "cake"}, {"category": "sweet"}):
        statement = build_statement(
            series, facts, [build_decision("a", 450, 7, None, **about)], StatementPeriod(), load_retail_config(), roi
        )  # type: ignore[arg-type]
        (valuation,) = statement.valuations
        assert valuation.margin == pytest.approx(0.6)
        assert valuation.verdict is DecisionVerdict.EARNED
    apart = [build_decision("a", 450, 7, product_id="cake"), build_decision("b", 451, 7, product_id="bread")]
    statement = build_statement(series, facts, apart, StatementPeriod(), load_retail_config(), roi)
    assert [valuation.basis for valuation in statement.valuations] == [ValueBasis.MARGIN, ValueBasis.REVENUE]
    assert len(statement.totals) == 2
    assert statement.target_status is TargetStatus.NOT_KNOWN or statement.totals[0].estimate.lower_80 > statement.target


def test_returns_and_slow_goods_are_valued_too() -> None:
    """Sums below zero and days of nothing are days like others."""
    rng = np.random.default_rng(4)
    sales = np.where(rng.random(DAYS) < 0.3, 0.0, rng.gamma(4, 10, DAYS))
    sales[rng.random(DAYS) < 0.05] = -20.0
    (valuation,) = value_all(one_store(sales), build_decision("a", 450, 7))
    assert valuation.estimate is not None
    assert valuation.estimate.lower_95 <= 0 <= valuation.estimate.upper_95


def test_a_decision_belongs_to_the_month_in_which_it_ends() -> None:
    """And is counted once."""
    decision = build_decision("a", 440, 10)
    month_of_end = StatementPeriod(decision.end - timedelta(days=2), decision.end)
    assert len(value_all(one_store(), decision, period=month_of_end)) == 1
    assert not value_all(
        one_store(), decision, period=StatementPeriod(decision.start, decision.end - timedelta(days=1))
    )
    assert not value_all(one_store(), decision, period=StatementPeriod(store_id="south"))


def test_a_total_over_shops_with_too_few_weeks_in_common_adds_the_widths() -> None:
    """Where nothing is known of how they err together, they are taken to err the same way."""
    first, second = value_all(one_store(), build_decision("a", 400, 7), build_decision("b", 450, 7))
    assert first.placebo_differences is not None
    assert second.placebo_differences is not None
    from brain.domain.retail.roi.statement import sum_values  # noqa: PLC0415 - only this test looks inside

    apart = replace(
        first,
        placebo_differences=np.where(np.arange(len(first.placebo_differences)) < 10, first.placebo_differences, np.nan),
    )
    other = replace(
        second,
        placebo_differences=np.where(
            np.arange(len(second.placebo_differences)) < 10, np.nan, second.placebo_differences
        ),
    )
    total = sum_values([apart, other])
    assert first.estimate is not None
    assert second.estimate is not None
    assert total.lower_80 == pytest.approx(first.estimate.lower_80 + second.estimate.lower_80)


def test_spells_link_what_is_close_in_a_store() -> None:
    """A decision of all stores links them all; different products on the same days stay apart."""
    decision = build_decision("a", 10, 5, "north")
    late = build_decision("b", 30, 5, "north")
    south = build_decision("c", 12, 5, "south")
    assert [len(spell.groups) for spell in group_into_spells([late, south, decision], 7)] == [1, 1, 1]
    everywhere = build_decision("d", 16, 10, None)
    (spell, alone) = group_into_spells([late, south, decision, everywhere], 3)
    assert [[d.decision_id for d in group.decisions] for group in spell.groups] == [["a"], ["c", "d"]]
    assert alone.groups[0].decisions == (late,)
    goods = [build_decision(name, 10, 5, product_id=name) for name in ("bread", "cake")]
    assert len(group_into_spells(goods, 7)[0].groups) == 2
    kinds = [build_decision(name, 10, 5, category=name) for name in ("loaf", "sweet")]
    assert len(group_into_spells(kinds, 7)[0].groups) == 2
    mixed = [build_decision("a", 10, 5, product_id="bread"), build_decision("b", 10, 5)]
    (group,) = group_into_spells(mixed, 7)[0].groups
    assert group.subject == (None, None)


def test_a_control_that_tells_nothing_is_not_used() -> None:
    """Too few weeks in common, other stores that never moved, or none known on the decision's own days."""
    rng = np.random.default_rng(1)
    treated = rng.normal(0, 0.1, 30)
    still = np.zeros(30)
    few = np.where(np.arange(30) < 3, treated, np.nan)
    absent = np.where(np.arange(30) < 1, np.nan, treated)
    assert [adjust_for_control(treated, control, 0.9) for control in (still, few, absent, rng.normal(0, 0.1, 30))] == [
        None
    ] * 4
    same = adjust_for_control(treated, 2 * treated, 0.9)
    assert same is not None
    assert np.abs(same - treated[1:].mean()).max() < 1e-9


def test_days_before_the_first_sale_and_in_a_shop_that_sells_nothing_are_unknown() -> None:
    """Neither has a forecast to compare with."""
    (early,) = value_all(one_store(), build_decision("a", -3, 2))
    assert "fewer than 56 days" in early.reason
    nothing = np.zeros(DAYS)
    (idle,) = value_all(one_store(nothing), build_decision("a", 450, 7))
    assert "expects no sales" in idle.reason


def test_what_is_said_names_what_ran_together_and_what_was_closed() -> None:
    """And when nothing stands out, that nothing should be changed for it."""
    sales = simulate_sales(3, DAYS)
    sales[442] = np.nan
    pair = build_decision("a", 440, 7, cost=30.0), build_decision("b", 445, 7, kind=DecisionKind.POST, cost=20.0)
    statement = build_statement(*one_store(sales), pair, ALL_TIME, load_retail_config(), load_roi_config())
    sentences = statement_wording.write_lines(statement)
    assert "2 decisions ran on the same days" in sentences[-1]
    assert "Closed on 1 of its days" in sentences[-1]
    assert statement_wording.write_headline(statement).startswith("No decision stands out from chance")
    nobody = build_statement(*one_store(), [], ALL_TIME, load_retail_config(), load_roi_config())
    assert (statement_wording.write_lines(nobody), statement_wording.write_headline(nobody)) == (
        [],
        statement_wording.NO_DECISIONS,
    )


def test_a_month_of_a_hundred_decisions_lists_sixty_and_counts_all() -> None:
    """The sums leave nothing out."""
    many = [build_decision(f"d{index:03d}", 10, 1, f"s{index}") for index in range(100)]
    statement = build_statement(*one_store(), many, ALL_TIME, load_retail_config(), load_roi_config())
    section = monthly_report.build_decisions_section(statement)
    assert (len(section.rows), statement.unknown_count) == (60, 100)
    assert section.lines[-1].startswith("40 more")


def test_an_empty_month_has_no_total() -> None:
    """And no target either."""
    empty = DecisionSimulation([build_series(simulate_sales(1, 60))], [], {})
    statement = build_roi_statement(empty)
    assert (statement.valuations, statement.totals, statement.unknown_count, statement.target_status) == (
        (),
        (),
        0,
        TargetStatus.NOT_KNOWN,
    )
