"""Whatever ingest accepts can be scored, analysed and reported: any name, and any number."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.bootstrap import Brain
from brain.domain.clients.campaigns import Campaign
from brain.domain.days import sums
from brain.domain.types import KEY_SEPARATOR, MAX_KEY_BYTES, to_key_name
from brain.ports.document_rules import check_document
from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_post_payload, send_request

CJK = "\u6f22" * 256
NAMES = {
    "two underscores in front": "__a",
    "two underscores behind": "a__",
    "a reserved name": "__a__",
    "256 letters of three bytes": CJK,
    "256 letters of four bytes": "\U0001f600" * 256,
    "a separator": "image|carousel",
    "separators only": "|||",
    "dots and back quotes": "a.b`c`",
    "slashes": "feed/ads/../x",
    "control characters": "a\u0000b\u001f\u007f",
    "blanks": "   ",
    "a tilde and a digest": "a~0123456789ab",
    "a mark of the other direction": "\u202eabc",
}


def build_brain() -> Brain:
    """Return a brain that raises when a part of a job fails."""
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    brain.report_error = fail_on_error  # type: ignore[method-assign]
    return brain


def fail_on_error(part: str, error: Exception) -> None:
    """No part may fail."""
    raise AssertionError(part) from error


def run_all(brain: Brain) -> None:
    """Run the hourly, the daily and the weekly job."""
    for hours, job in ((1, "brainHourlyScores"), (26, "brainDailyAnalysis"), (28, "brainWeeklyReport")):
        answer = brain.run_job(job, NOW + timedelta(hours=hours), client_id=CLIENT)
        assert answer["status"] == "success", answer


def send_posts(brain: Brain, posts: list[dict[str, Any]]) -> None:
    """Send posts, all of which must be stored."""
    for start in range(0, len(posts), 500):
        result = send_request(brain, posts[start : start + 500])
        assert result.count_outcomes()["stored"] == len(posts[start : start + 500]), result.items[0]


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
@pytest.mark.parametrize("field", ["platform", "content_type", "both"])
def test_any_accepted_name_is_scored_analysed_and_reported(name: str, field: str) -> None:
    """Every event has a score, and no part of a job fails."""
    brain = build_brain()
    names = {"platform": "linkedin", "content_type": "photo", "audience_size": 900}
    names |= {field: name} if field != "both" else {"platform": name, "content_type": name}
    days = [NOW - timedelta(days=day, hours=2) for day in range(1, 31)]
    posts = [build_post_payload(n, occurred_at=day.isoformat(), **names) for n, day in enumerate(days)]
    send_posts(brain, posts)
    run_all(brain)
    assert len(brain.store.query(paths.scores(CLIENT))) == 30
    assert brain.store.count(paths.DEAD_LETTERS) == 0
    assert brain.store.count(f"{paths.client(CLIENT)}/reports") == 2


@pytest.mark.slow
def test_twenty_kinds_of_87_letters_a_day_are_scored_analysed_and_reported() -> None:
    """Each at every hour of a month, which was too much for one document."""
    brain = build_brain()
    posts = [
        build_post_payload(
            1000 * day + 24 * kind + hour,
            occurred_at=(NOW - timedelta(days=day, hours=hour + 1)).isoformat(),
            platform="p" * 87,
            content_type=f"{kind:02d}" + "k" * 85,
            audience_size=900,
        )
        for day in range(31)
        for kind in range(20)
        for hour in range(0, 24, 5)
    ]
    send_posts(brain, posts)
    run_all(brain)
    assert len(brain.store.query(paths.scores(CLIENT))) == len(posts)
    assert brain.store.count(paths.DEAD_LETTERS) == 0


@pytest.mark.parametrize("sign", [1, -1])
def test_sums_beyond_64_bits_are_refused_with_a_warning_and_never_stored_wrong(sign: int) -> None:
    """Nine times the largest revenue fit; what does not is named in a warning, and the rest of the event counts."""
    brain = build_brain()
    largest = {"revenue": sign * 1e12, "currency": "EUR", "impressions": 10**12, "audience_size": 10**12}
    send_posts(brain, [build_post_payload(n, platform="linkedin", **largest) for n in range(20)])
    run_all(brain)
    state = brain.store.get(paths.state(CLIENT, "scores"))
    warning = brain.store.get(paths.warning(CLIENT, "sum_too_large"))
    assert state is not None
    assert warning is not None
    (groups,) = state.data["days"].values()
    assert groups["linkedin|other"]["revenue_micros"] == sign * 9 * 10**18
    assert (groups["linkedin|other"]["events"], groups["linkedin|other"]["impressions"]) == (20, 20 * 10**12)
    assert (warning.data["count"], "revenue_micros" in warning.data["message"]) == (11, True)


def test_what_was_left_out_of_a_sum_is_not_taken_away_by_a_revision() -> None:
    """So the sum stays that of the events which count."""
    days: sums.Days = {}
    large = sums.EventContribution("2026-11-22", "a|b", {"events": 1, "revenue_micros": 6 * 10**18})
    first, second = sums.add(days, large), sums.add(days, large)
    assert "revenue_micros" not in second.sums
    sums.subtract(days, second)
    assert days == {"2026-11-22": {"a|b": {"events": 1, "revenue_micros": 6 * 10**18}}}
    sums.subtract(days, first)
    assert days == {}


@pytest.mark.parametrize(
    "name", ["linkedin", "REELS_VIDEO", "Lead form / mobile", "x.com", "a_b", "_a_", "é" * 32, "~"]
)
def test_ordinary_names_are_their_own_keys(name: str) -> None:
    """So stored keys stay as they are."""
    assert to_key_name(name) == name
    assert sums.format_group(name, name) == f"{name}|{name}"


@given(st.text(min_size=1, max_size=256), st.text(min_size=1, max_size=256))
@settings(max_examples=500)
def test_every_name_has_a_short_legal_key_of_its_own(first: str, second: str) -> None:
    """As a key it stays the same, and two names share none."""
    group = sums.format_group(first, second)
    platform, content_type = sums.parse_platform(group), sums.parse_content_type(group)
    assert (platform, content_type) == (to_key_name(first), to_key_name(second))
    assert to_key_name(platform) == platform
    assert max(len(name.encode()) for name in (platform, content_type)) <= MAX_KEY_BYTES
    assert group.count(KEY_SEPARATOR) == 1
    check_document("a/b", {"days": {"2026-11-22": {group: {"events": 1}, f"hour|{group}|07": {"rated": 1}}}})
    assert (to_key_name(first) == to_key_name(second)) == (first == second)


def test_a_campaign_runs_on_a_platform_with_a_long_name() -> None:
    """Its own name is the long one, that of the sums the short one."""
    campaign = Campaign("Launch", NOW.date(), NOW.date(), CJK)
    assert campaign.runs_on(sums.parse_platform(sums.format_group(CJK, None)))
    assert not campaign.runs_on("linkedin")
