"""Probes of the score's constants and of the gold standards, through ``brain score`` and ``brain gold``."""

import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache

from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.domain.events import Event
from brain.domain.scoring import PlatformHistory, Score, ScoringConfig, Weights
from brain.domain.scoring.gold_standards import GoldStandards, check_cases
from brain.settings.files import load_config

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PLATFORMS = ("linkedin", "twitter", "instagram", "tiktok", "youtube", "facebook", "email", "mastodon")
VERTICALS = ("b2b_saas", "b2b_services", "ecommerce", "d2c", "agency", "enterprise")


def probe_scores() -> object:
    """Score events of every platform, vertical, age, audience and kind of history."""
    return run_command("score", "-", "--as-of", NOW.isoformat(), input=_write_events())


@cache
def _write_events() -> str:
    post = {"platform": "linkedin", "vertical": "agency", "engagements": 55, "impressions": 1500, "audience_size": 2500}
    events = [post | {"platform": platform, "hours": 2.0} for platform in PLATFORMS]
    events += [post | {"vertical": vertical} for vertical in VERTICALS]
    events += [post | {"audience_size": audience, "impressions": 900} for audience in (100, 900, 9000, 90_000, 10**6)]
    events += [post | {"engagements": engagements} for engagements in (0, 1, 500, 2000)]
    events += [post | {"impressions": impressions} for impressions in (0, 2, 10**6, 10**9 - 1, 15 * 10**8)]
    events += [post | {"hours": hours} for hours in (24 * 5, 24 * 40)]
    events += [
        post | {name: ratio}
        for name in ("bot_ratio", "coordinated_ratio", "first_minute_ratio", "sentiment", "consistency", "relevance")
        for ratio in (0.0, 0.5, 0.72, 1.0)
    ]
    events += [
        post | {"bot_ratio": 1.0, "coordinated_ratio": 1.0, "first_minute_ratio": 1.0},
        post | {"velocity": 101.0},
    ]
    events += [post | dict.fromkeys(("sentiment", "consistency", "relevance"), ratio) for ratio in (0.0, 1.0)]
    events += [{"platform": "linkedin"}, {"platform": "linkedin", "engagements": 1, "audience_size": 8000}]
    events += [post | {"engagements": 3000, "vertical": "b2b_saas"}]  # a rate above 1
    # Histories, each of a client of its own, with posts on the days around the ends of the windows.
    events += _post_daily("rising", post, 100, 10)
    events += _post_daily("falling", post, 5, 100)
    events += _post_daily("steady", post, 50, 47)
    events += [post | {"client_id": "young", "hours": 24.0 * days} for days in (2, 1)]
    mastodon = post | {"platform": "mastodon"}
    events += _post_daily("own_rate", mastodon, 90, 90)
    events += _post_daily("low_own_rate", mastodon | {"audience_size": 10**6}, 1, 1)
    events += [mastodon | {"client_id": "low_own_rate", "engagements": 200}]
    return "\n".join(json.dumps(_complete(number, event)) for number, event in enumerate(events))


def _post_daily(client_id: str, post: dict[str, object], recent: int, earlier: int) -> list[dict[str, object]]:
    """Return posts of the last 9 days, and of 4 to 5 weeks ago; their engagements differ a little from day to day."""
    posts = [(days, earlier + days % 3) for days in range(33, 27, -1)] + [
        (days, recent + days % 4) for days in range(9, 0, -1)
    ]
    return [post | {"client_id": client_id, "engagements": count, "hours": 24.0 * days} for days, count in posts]


def _complete(number: int, event: dict[str, object]) -> dict[str, object]:
    occurred_at = NOW - timedelta(hours=float(str(event.get("hours", 0))))
    fields = {name: content for name, content in event.items() if name != "hours"}
    return {"client_id": f"client-{number}", "occurred_at": occurred_at.isoformat()} | fields


def probe_gold() -> object:
    """Check the gold standards with ``brain gold``."""
    return run_command("gold")


def probe_failing_gold() -> object:
    """Check the gold standards against a score that fails each of them, with figures that depend on all it is given."""
    cases = load_config("brain_benchmarks", GoldStandards).cases
    return [check_cases([case], HashScore(), Weights(engagement=1.5, version="learned"))[0].failures for case in cases]


class HashScore:
    """A score out of every range: a hash of its arguments, negative from the second event of a case on."""

    def __init__(self) -> None:
        self._sign = 1

    def __call__(self, event: Event, history: PlatformHistory, weights: Weights, as_of: datetime) -> Score:
        """Return the hash as every measure."""
        digest = zlib.crc32(repr((event, history, weights, as_of)).encode())
        measure = self._sign * (100_000.0 + digest % 100_000)
        self._sign = -1
        return Score(event.event_id, event.client_id, as_of, *(measure,) * 4, {}, (str(digest),), "hash", "", {})


FILES = (
    SettingsFile("brain_scoring", ScoringConfig, {"*": [probe_scores]}),
    SettingsFile(
        "brain_benchmarks",
        GoldStandards,
        {"*": [probe_failing_gold, probe_gold]},
        independent="cases",
        values={"weights": [{"growth": 2.0}], "event": [{"likes": 5}], "neutral": [["growth"]]},
        null_is_absent="cases.*.event.*",  # it takes a key of the merged event away; the parsed file has no merges
    ),
)
