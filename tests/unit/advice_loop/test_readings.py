"""Readings from daily sums: what they tell, what stays unknown, and no sign that chance could have made."""

import random
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.advice_loop.test_sections import bare_facts

from brain.domain.anomaly.incidents import Incident
from brain.domain.days.scorer import Scorer
from brain.domain.days.sums import Days
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.context import parse_context
from brain.domain.recommendations.context_builder import build_context
from brain.domain.recommendations.readings.metric_history import MetricHistory
from brain.domain.scoring import Weights
from brain.domain.statistics.welch import Sample
from brain.testing.simulations.advice import ADVICE, MOVE_CATALOGUE, SCORING
from brain.testing.simulations.posts import MONDAY, build_post, simulate_posts

END = MONDAY + timedelta(days=70)


def at(days_before):
    """A day of the past as its key."""
    return (END - timedelta(days=days_before)).date().isoformat()


def metrics(days=None, **facts):
    """The readings of a client at six on the morning of the end, by metric and subject."""
    client_facts = replace(bare_facts(), end=END.date(), as_of=END + timedelta(hours=6), days=days or {}, **facts)
    context = build_context(client_facts, AdviceState(), {}, MOVE_CATALOGUE, ADVICE.readings)
    parse_context(context.model_dump(mode="json"), MOVE_CATALOGUE.metrics)
    return {(metric, r.subject): r for metric, readings in context.metrics.items() for r in readings}


def build_days(events, zone=None):
    """The daily sums and breakdowns of events."""
    scorer = Scorer({}, Weights(), as_of=END, time_zone=zone or bare_facts().client.time_zone, config=SCORING)
    scorer.score_all(events)
    return {"days": scorer.days, "breakdowns": scorer.breakdowns}


def build_email_days(**sums):
    """Thirty days of e-mails with the same sums a day."""
    return {at(k): {"email|email": {"events": 50, **sums}} for k in range(1, 31)}


def test_of_a_client_without_days_nothing_is_known():
    """Nothing at all is left in the context, and no zero."""
    assert metrics() == {}


def test_a_platform_first_seen_today_has_no_readings_yet():
    """Its first day is not over: it has no past, beside a platform that has one or alone."""
    today = [build_post("acme", END + timedelta(hours=3), "photo", 12)]
    assert metrics(**build_days(today)) == {}
    past = build_days(simulate_posts("acme", END - timedelta(days=40), 40))
    newcomer = {at(0): {"mastodon|photo": {"events": 1, "engaged": 1, "engagements": 3}}}
    assert metrics(days=past["days"] | newcomer, breakdowns=past["breakdowns"]) == metrics(**past)


@given(
    st.dictionaries(
        st.integers(-3, 120).map(at),
        st.dictionaries(
            st.sampled_from(["linkedin|photo", "linkedin|video", "email|email", "facebook|ad", "other|other"]),
            st.dictionaries(
                st.sampled_from(["engaged", "engagements", "rated", "sends", "opens", "spend_micros"]),
                st.integers(1, 500),
            ).map(lambda sums: {**sums, "events": 500}),
            min_size=1,
        ),
        max_size=12,
    )
)
def test_readings_exist_whatever_days_are_stored(days):
    """Today alone, days too old, days ahead of the clock: readings are missing then, and never an error."""
    subjects = {subject for _, subject in metrics(days)}
    assert "other" not in subjects


def test_habits_are_counted_where_four_weeks_are_known():
    """A client of ten days has no posts a week yet."""
    readings = metrics(**build_days(simulate_posts("acme", END - timedelta(days=40), 40)))
    assert readings["posting_frequency_per_week", "linkedin"].value == 21
    assert readings["days_since_last_post", "linkedin"].value == 0
    assert readings["top_platform_share", "linkedin"].value == 1
    assert readings["audience_known_share", "linkedin"].value == 1
    assert 0.01 < readings["engagement_rate", "linkedin"].value < 0.04
    assert readings["engagement_rate", "linkedin"].confidence == pytest.approx(84 / 92)
    young = metrics(**build_days(simulate_posts("acme", END - timedelta(days=10), 10)))
    assert ("posting_frequency_per_week", "linkedin") not in young


def test_a_platform_that_went_quiet_counts_its_whole_days():
    """And keeps no share of the last weeks."""
    readings = metrics(**build_days(simulate_posts("acme", END - timedelta(days=60), 20)))
    assert readings["days_since_last_post", "linkedin"].value == 40
    assert ("engagement_rate", "linkedin") not in readings
    assert ("top_platform_share", "linkedin") not in readings


def test_a_fall_is_told_with_its_interval_and_noise_is_not():
    """The last week at half the usual, and at the usual."""
    usual = list(simulate_posts("acme", END - timedelta(days=40), 33))
    fell = metrics(**build_days([*usual, *simulate_posts("acme", END - timedelta(days=7), 7, level=0.5)]))
    reading = fell["engagement_trend_7d", "linkedin"]
    assert reading.lower < 0.5 < reading.upper < 0.8
    same = metrics(**build_days([*usual, *simulate_posts("acme", END - timedelta(days=7), 7)]))
    assert same["engagement_trend_7d", "linkedin"].value is None
    assert same["engagement_trend_7d", "linkedin"].lower < 1 < same["engagement_trend_7d", "linkedin"].upper
    few = build_days([*usual[:60], build_post("acme", END - timedelta(days=2), "photo", 90)])
    assert ("engagement_trend_7d", "linkedin") not in metrics(**few)


def test_formats_are_what_the_report_proves():
    """A winner and the others' deficit where there is one; one reading without a value where there is none."""
    readings = metrics(**build_days(simulate_posts("acme", END - timedelta(days=40), 40, ratio=2.0)))
    winner = readings["best_format_lift", "carousel on linkedin"]
    assert winner.lower < 1.0 < winner.upper
    assert winner.value > 0.5
    losers = [subject for metric, subject in readings if metric == "worst_format_lift" and subject]
    assert set(losers) <= {"photo on linkedin", "text on linkedin"}
    shares = [readings["format_share", f"{kind} on linkedin"].value for kind in ("carousel", "photo", "text")]
    assert sum(shares) == pytest.approx(1)
    null = metrics(**build_days(simulate_posts("acme", END - timedelta(days=40), 40)))
    assert null["best_format_lift", None].value is None
    assert null["worst_format_lift", None].value is None


def test_an_hour_that_wins_is_told_as_a_part_of_the_day():
    """Noon at twice the rest."""
    lifted = [
        replace(e, engagements=e.engagements * (2 if e.occurred_at.hour == 12 else 1))
        for e in simulate_posts("acme", END - timedelta(days=40), 40)
    ]
    readings = metrics(**build_days(lifted))
    assert readings["best_hour_lift", "12:00 to 15:00 on linkedin"].value > 0.5


def test_a_weekday_that_wins_is_told_and_none_where_none_does():
    """Tuesdays at twice the rest."""
    lifted = [
        replace(e, engagements=e.engagements * (2 if e.occurred_at.weekday() == 1 else 1))
        for e in simulate_posts("acme", END - timedelta(days=56), 56)
    ]
    assert metrics(**build_days(lifted))["best_weekday_lift", "Tuesdays on linkedin"].value > 0.5
    null = metrics(**build_days(simulate_posts("acme", END - timedelta(days=56), 56)))
    assert null["best_weekday_lift", None].value is None


@pytest.mark.parametrize(("tires", "sure"), [(0.5, True), (0.0, False)])
def test_fatigue_is_told_where_more_posts_bring_less_each(tires, sure):
    """Weeks of four to twenty posts; where each post loses half with a doubling, and where none does."""
    rng = random.Random(5)  # noqa: S311 - a test's world
    events = []
    for week in range(20):
        count = rng.choice((4, 8, 12, 20))
        for k in range(count):
            moment = END - timedelta(days=7 * week + 1 + k % 7, minutes=k)
            engaged = 120 * (8 / count) ** tires * rng.lognormvariate(0, 0.3)
            events.append(build_post("acme", moment, "photo", round(engaged)))
    reading = metrics(**build_days(events))["fatigue", "linkedin"]
    expected = 2**-tires - 1
    assert reading.lower - 0.05 < expected < reading.upper + 0.05
    assert (reading.value is not None) == sure


def test_fatigue_needs_weeks_that_differ():
    """Twenty-one posts each week say nothing of more or fewer; neither do five weeks."""
    assert ("fatigue", "linkedin") not in metrics(**build_days(simulate_posts("acme", END - timedelta(days=70), 70)))
    assert ("fatigue", "linkedin") not in metrics(**build_days(simulate_posts("acme", END - timedelta(days=35), 35)))


@pytest.mark.parametrize(("growth", "sign"), [(1.0, None), (1.01, 1), (0.99, -1)])
def test_an_audience_grows_or_shrinks_beyond_its_own_scatter(growth, sign):
    """A hundredth a day over four weeks is certain; a reach that wavers around the same is none."""
    rng = random.Random(1)  # noqa: S311 - a test's world
    changed = [
        replace(e, audience_size=round(e.audience_size * growth ** (k / 3) * rng.uniform(0.98, 1.02)))
        for k, e in enumerate(simulate_posts("acme", END - timedelta(days=40), 40))
    ]
    reading = metrics(**build_days(changed))["audience_growth_28d", "linkedin"]
    assert (reading.value is None) if sign is None else reading.value * sign > 0


def test_posts_without_an_audience_leave_rates_unknown():
    """And say how many tell one."""
    bare = [replace(e, audience_size=None) for e in simulate_posts("acme", END - timedelta(days=40), 40)]
    readings = metrics(**build_days(bare))
    assert ("engagement_rate", "linkedin") not in readings
    assert ("audience_growth_28d", "linkedin") not in readings
    assert readings["audience_known_share", "linkedin"].value == 0


def test_rates_of_e_mails_are_of_what_was_delivered():
    """Bounces are of what was sent; each with an interval."""
    readings = metrics(build_email_days(sends=100, bounces=4, opens=24, clicks=3, unsubscribes=1))
    assert readings["bounce_rate", "email"].value == pytest.approx(0.04)
    assert readings["open_rate", "email"].value == pytest.approx(24 / 96)
    assert readings["click_rate", "email"].lower < 3 / 96 < readings["click_rate", "email"].upper
    assert readings["unsubscribe_rate", "email"].value == pytest.approx(1 / 96)
    assert not [metric for metric, _ in readings if metric.startswith("posting")]


@pytest.mark.parametrize(
    ("sums", "metric"),
    [
        ({"sends": 5, "opens": 2}, "open_rate"),  # 140 in four weeks
        ({"sends": 100, "opens": 120}, "open_rate"),  # each opened more than once: no share of e-mails
        ({"sends": 100, "opens": 20}, "bounce_rate"),  # not reported
        ({"opens": 20}, "open_rate"),  # of how many?
    ],
)
def test_a_rate_that_cannot_be_one_stays_unknown(sums, metric):
    """Too few trials, more than all, or not reported."""
    assert (metric, "email") not in metrics(build_email_days(**sums))


def ads(now, before):
    """A week of ads after four others: (spend, conversions) a day in millionths and thousandths."""
    base = {"events": 6, "impressions": 1000, "clicks": 12}
    return {
        at(k): {
            "facebook|ad": {**base, "spend_micros": spend, **({"conversions_milli": got} if got is not None else {})}
        }
        for k in range(1, 36)
        for spend, got in ((now if k <= 7 else before),)
    }


def test_ads_tell_what_they_spent_and_got():
    """A conversion at four times the cost is beyond chance."""
    readings = metrics(ads((40 * 10**6, 2000), (20 * 10**6, 4000)))
    assert readings["spend", "facebook"].value == pytest.approx(280)
    assert readings["conversions", "facebook"].value == pytest.approx(14)
    assert readings["click_rate", "facebook"].value == pytest.approx(0.012)
    assert readings["cost_per_conversion_trend", "facebook"].value == pytest.approx(4)
    assert ("engagement_rate", "facebook") not in readings


def test_conversions_that_nobody_reported_are_no_zero():
    """And too few of them tell no trend."""
    assert ("conversions", "facebook") not in metrics(ads((10**6, None), (10**6, None)))
    bare = {at(k): {"facebook|ad": {"events": 1, "spend_micros": 5}} for k in range(1, 36)}
    assert ("click_rate", "facebook") not in metrics(bare)
    none = metrics(ads((10**6, 0), (10**6, 4000)))
    assert none["conversions", "facebook"].value == 0
    assert ("cost_per_conversion_trend", "facebook") not in none
    noise = metrics(ads((20 * 10**6, 3000), (20 * 10**6, 4000)))
    assert noise["cost_per_conversion_trend", "facebook"].value is None


def silent(gap, every=1, days=60):
    """A feed with events on every so-manieth day that stopped so many days ago."""
    return {at(k): {"email|email": {"events": 9}} for k in range(gap + 1, days, every)}


@pytest.mark.parametrize(
    ("days", "hours"),
    [
        (silent(0), 6.0),
        (silent(3), 78.0),
        (silent(3, every=2), None),  # every other day: three quiet days are no news
        (silent(9, every=2), 222.0),
        (silent(2, days=12), None),  # known for nine days only
    ],
)
def test_a_feed_is_silent_by_its_own_habit(days: Days, hours):
    """Two quiet days of a daily feed are rare; of one that comes twice a week they are not."""
    reading = metrics(days).get(("hours_since_last_event", "email"))
    assert reading is None if hours is None else reading.value == pytest.approx(hours)


def test_alarms_of_the_last_week_are_open():
    """Counted by platform."""
    old, new = (Incident(f"ano_{k}", "email", at(k), at(k), ()) for k in (20, 3))
    readings = metrics(silent(0), incidents=(old, new))
    assert readings["open_anomalies", "email"].value == 1


def test_nothing_is_observed_in_the_future():
    """Not even where the client's day ends after the run."""
    readings = metrics(**build_days(simulate_posts("acme", END - timedelta(days=40), 40)))
    assert all(reading.observed_at <= END + timedelta(hours=6) for reading in readings.values())


def with_minimum_events(count):
    """The client's configuration with another number of events that a comparison needs."""
    config = bare_facts().config
    return config.model_copy(update={"comparisons": config.comparisons.model_copy(update={"minimum_events": count})})


def test_two_weeks_are_no_slope_however_few_the_operator_asks_for():
    """A line through two points has no scatter that would say how far to trust it."""
    posts = simulate_posts("acme", END - timedelta(days=14), 14)
    few = [post for number, post in enumerate(posts) if post.occurred_at >= END - timedelta(days=7) or number % 3 == 0]
    assert ("fatigue", "linkedin") not in metrics(**build_days(few), config=with_minimum_events(2))


def test_a_window_of_one_day_compares_nothing():
    """One value has no scatter, so a trend from it is unknown and no failure."""
    windows = ADVICE.readings.model_copy(update={"recent_days": 1})
    facts = replace(bare_facts(), end=END.date(), as_of=END)
    history = MetricHistory(facts, windows, level=0.8)
    assert history.estimate_log_ratio(Sample.of([0.5]), Sample.of([0.1, 0.2, 0.3]), comparisons=1) is None
