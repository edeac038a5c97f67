"""The score against hand calculation, its limits, and the faults that scores like it had."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.events import Event, FeedType
from brain.domain.scoring import (
    NO_HISTORY,
    PlatformHistory,
    ScoringConfig,
    Weights,
    compute_log_components,
    score,
)
from brain.domain.scoring.components import interpolate_median_impressions
from brain.settings.files import load_config

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
CONFIG: ScoringConfig = load_config("brain_scoring", ScoringConfig)
BUSY = PlatformHistory(events=10, engagements=1000, recent_events=4, recent_engagements=600)
TYPICAL = Event(
    event_id="e1",
    client_id="acme",
    feed_type=FeedType.SOCIAL_LINKEDIN,
    platform="linkedin",
    vertical="ecommerce",
    occurred_at=NOW,
    received_at=NOW,
    engagements=60,
    impressions=1000,
    audience_size=3000,
)


def scored(event=TYPICAL, history=NO_HISTORY, weights=None, as_of=NOW, config=CONFIG):
    """Score with this module's defaults."""
    return score(event, history, weights or Weights(), as_of=as_of, config=config)


def test_a_typical_post_scores_as_calculated_by_hand():
    """Rate 0.02 at baseline 0.02 is 1; impressions at the median are 1.5; quality by default is 0.7 + 0.6 × 0.59."""
    expected = 1**0.6 * 1.5**0.4 * (0.7 + 0.6 * (0.4 * 0.5 + 0.3 * 0.7 + 0.3 * 0.6)) * 1000
    assert scored().performance == pytest.approx(expected, rel=1e-12)
    assert scored().overall == scored().attention == scored().performance


def test_growth_is_the_recent_mean_over_the_window_mean():
    """Four recent events at 150 against ten at 100 give 1.5, and the score is multiplied by it."""
    assert scored(history=BUSY).components["growth"] == pytest.approx(1.5)
    assert scored(history=BUSY).performance == pytest.approx(scored().performance * 1.5)


@pytest.mark.parametrize(
    "history",
    [
        PlatformHistory(events=1, engagements=5, recent_events=1, recent_engagements=5),
        PlatformHistory(events=5, engagements=50),
        PlatformHistory(events=5, engagements=0, recent_events=5),
    ],
)
def test_growth_without_a_usable_history_is_neutral_and_said_so(history):
    """One event, none of late, or nothing but zeros tells no growth."""
    assert "growth" in scored(history=history).neutral
    assert scored(history=history).components["growth"] == 1


@pytest.mark.parametrize(
    ("vertical", "factor"),
    [("b2b_saas", 1.1), ("b2b_services", 1.05), ("ecommerce", 1), ("d2c", 1.05), ("agency", 0.95),
     ("enterprise", 1.15), (None, 1), ("bakery", 1)],
)  # fmt: skip
def test_a_vertical_multiplies_and_an_unknown_one_is_one(vertical, factor):
    """No vertical given must not score better than ecommerce."""
    assert scored(replace(TYPICAL, vertical=vertical)).overall == pytest.approx(scored().overall * factor)


def test_an_unknown_audience_is_neutral_not_the_best_ratio():
    """A missing audience read as 1 would be the best possible ratio."""
    unknown = scored(replace(TYPICAL, audience_size=None))
    assert unknown.neutral == ("engagement", "impressions", "growth")
    assert unknown.components["engagement"] == 1
    assert unknown.confidence < scored().confidence / 2


def test_likes_only_feeds_have_engagements():
    """Where no total was reported the reactions add up, and a reported 0 is 0."""
    likes = replace(TYPICAL, engagements=None, likes=40, comments=20)
    assert scored(likes).overall == scored().overall
    nothing = replace(TYPICAL, engagements=0)
    assert scored(nothing).components["engagement"] == 0.01


@pytest.mark.parametrize(
    ("signs", "expected"),
    [({}, 1), ({"bot_ratio": 0.0, "velocity": 1000.0}, 1), ({"velocity": 100.0}, 1), ({"velocity": 101.0}, 0.9),
     ({"bot_ratio": 0.4}, 0.8), ({"coordinated_ratio": 0.5}, 0.8), ({"first_minute_ratio": 0.7}, 1),
     ({"first_minute_ratio": 0.71}, 0.7), ({"bot_ratio": 1.0, "coordinated_ratio": 1.0}, 0.3)],
)  # fmt: skip
def test_authenticity_takes_off_what_each_sign_says(signs, expected):
    """A measured 0 is not unknown; thresholds are above, not at."""
    assert scored(replace(TYPICAL, **signs)).components["authenticity"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("parts", "expected"),
    [({}, 1.054), ({"sentiment": 0.0, "consistency": 0.0, "relevance": 0.0}, 0.7),
     ({"sentiment": 1.0, "consistency": 1.0, "relevance": 1.0}, 1.3), ({"sentiment": 0.0}, 0.934)],
)  # fmt: skip
def test_quality_uses_defaults_only_where_nothing_was_reported(parts, expected):
    """A sentiment of 0 counts as 0."""
    assert scored(replace(TYPICAL, **parts)).components["quality"] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("platform", "rate", "decay"),
    [("linkedin", 0.02, 0.01), ("twitter", 0.015, 0.22), ("instagram", 0.03, 0.12), ("tiktok", 0.05, 0.35),
     ("youtube", 0.02, 0.003), ("facebook", 0.025, 0.15), ("email", 0.025, 0.5), ("hubspot", 0.02, 0.1)],
)  # fmt: skip
def test_each_platform_has_its_baseline_and_decay(platform, rate, decay):
    """Engagement is relative to the platform, and age costs what the platform forgets in an hour."""
    hour_later = scored(replace(TYPICAL, platform=platform), as_of=NOW + timedelta(hours=1))
    assert hour_later.components["engagement"] == pytest.approx(0.02 / rate)
    assert hour_later.components["temporal"] == pytest.approx(math.exp(-decay))


def test_a_platform_without_a_baseline_is_measured_by_its_own_data():
    """Ten events with a known audience replace the general baseline."""
    own = PlatformHistory(events=10, engagements=100, rated_events=10, rated_engagements=100, rated_audience=1000)
    hubspot = replace(TYPICAL, platform="hubspot")
    assert scored(hubspot, own).components["engagement"] == pytest.approx(0.2)
    assert scored(hubspot, replace(own, rated_events=9)).components["engagement"] == pytest.approx(1)


def test_performance_stands_still_while_attention_fades():
    """The clock alone must not move what is compared across time."""
    later = scored(as_of=NOW + timedelta(days=30))
    assert later.performance == scored().performance
    assert later.attention == pytest.approx(later.performance * 0.1)


def test_an_event_ahead_of_the_moment_has_no_age():
    """Feeds may run up to an hour ahead."""
    assert scored(as_of=NOW - timedelta(hours=1)).components["temporal"] == 1


def test_learned_weights_are_read_as_exponents():
    """Each weight scales the log of its component."""
    event = replace(TYPICAL, engagements=120, bot_ratio=0.5)
    plain, later = scored(event, BUSY), NOW + timedelta(hours=5)
    logs = compute_log_components({k: v for k, v in plain.components.items() if k != "vertical"}, CONFIG)
    for name in ("engagement", "impressions", "growth", "authenticity", "quality"):
        doubled = scored(event, BUSY, Weights(**{name: 2.0}, version="v2"))
        assert math.log(doubled.overall / plain.overall) == pytest.approx(logs[name])
        assert doubled.weights_version == "v2"
    ratio = scored(as_of=later, weights=Weights(temporal=2.0)).overall / scored(as_of=later).overall
    assert math.log(ratio) == pytest.approx(-0.05)


@pytest.mark.parametrize(
    ("audience", "median"), [(1, 100), (300, 100), (3000, 1000), (30000, 10000), (300000, 50000), (10**9, 50000)]
)
def test_the_median_goes_through_the_given_points(audience, median):
    """Constant beyond the first and the last point."""
    assert interpolate_median_impressions(audience, CONFIG.impressions) == pytest.approx(median)


@given(audience=st.integers(1, 10**7))
def test_one_follower_more_never_makes_a_jump(audience):
    """The median never falls and moves by less than a per cent and a half a follower from 100 followers on."""
    smaller, larger = (interpolate_median_impressions(a, CONFIG.impressions) for a in (audience, audience + 1))
    assert smaller <= larger <= smaller * max(1.015, (audience + 1) / audience)


metric = st.none() | st.integers(0, 10**12)
ratio = st.none() | st.floats(0, 1)
events = st.builds(
    Event,
    event_id=st.just("e"), client_id=st.just("c"), feed_type=st.sampled_from(FeedType),
    occurred_at=st.just(NOW), received_at=st.just(NOW), engagements=metric, impressions=metric,
    audience_size=metric, likes=metric, clicks=metric, platform=st.sampled_from(["linkedin", "email", "x", None]),
    vertical=st.sampled_from(["agency", None]), bot_ratio=ratio, coordinated_ratio=ratio, first_minute_ratio=ratio,
    sentiment=ratio, relevance=ratio, velocity=st.none() | st.floats(0, 1e12),
)  # fmt: skip
weights = st.builds(Weights, *[st.floats(0.1, 10)] * 6)


@given(event=events, weights=weights, hours=st.floats(-1, 10**6))
def test_every_valid_event_has_a_bounded_score(event, weights, hours):
    """Scores stay within 0 and 10 000 and confidence within 0 and 1, at any weights and any moment."""
    event_score = scored(event, weights=weights, as_of=NOW + timedelta(hours=hours))
    assert 0 <= event_score.attention <= 10_000
    assert event_score.attention <= event_score.performance <= 10_000
    assert 0 <= event_score.confidence <= 1


@given(event=events, more=st.integers(1, 10**6))
def test_more_engagement_never_scores_less(event, more):
    """Monotone in engagements, everything else being equal."""
    base = replace(event, engagements=event.engagements or 0)
    assert scored(replace(base, engagements=base.engagements + more)).overall >= scored(base).overall


def test_an_empty_event_has_next_to_no_confidence():
    """Nothing reported is nothing known: three neutral components halve what little there is."""
    empty = Event(
        event_id="e", client_id="c", feed_type=FeedType.CUSTOM, occurred_at=NOW, received_at=NOW
    )  # fmt: skip
    assert scored(empty).confidence == 0
    assert scored(replace(empty, platform="linkedin", vertical="agency")).confidence == pytest.approx(0.2 / 8)


def test_a_complete_event_with_history_has_full_confidence():
    """Every input known and plausible."""
    assert scored(history=BUSY).confidence == 1
    assert scored(replace(TYPICAL, impressions=10**9), BUSY).confidence == pytest.approx(0.9)
    assert scored(replace(TYPICAL, engagements=3000), BUSY).confidence == pytest.approx(0.85)


def test_a_score_names_its_inputs_and_versions():
    """Anyone can compute it again."""
    event_score = scored(history=BUSY)
    assert (event_score.model_version, event_score.weights_version) == ("score-1", "default")
    assert event_score.inputs["history_recent_engagements"] == 600
    assert event_score.inputs["audience_size"] == 3000
