"""The simulated agency: three clients, twelve weeks, the providers' own payload formats, and planted effects."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from brain.domain.clients.campaigns import Campaign
from brain.domain.clients.client import Client

START = datetime(2026, 8, 24, tzinfo=UTC)
DAYS = 84
CAROUSEL_RATIO = 1.6
POST_HOURS = (8, 11, 14, 18)
GOOD_HOUR = 18
GOOD_HOUR_RATIO = 1.6
GIVEAWAY_DAYS = (73, 79)
GIVEAWAY_RATIO = 1.8
TIRED_AD = 2
TIRED_FROM_DAY = 50
TIRED_RATIO_PER_DAY = 0.96
CLICK_RATE = 0.012
EMAIL_OUTAGE_DAYS = (59, 60)
VIRAL_DAY = 71
VIRAL_RATIO = 8.0
ADS_DROP_DAY = 64
ADS_DROP_RATIO = 0.25
SPREAD = 0.35
WEEKDAY = (1.05, 1.1, 1.1, 1.05, 1.0, 0.75, 0.7)
BERLIN = ZoneInfo("Europe/Berlin")
GIVEAWAY = Campaign(
    "the autumn giveaway",
    (START + timedelta(days=GIVEAWAY_DAYS[0])).date(),
    (START + timedelta(days=GIVEAWAY_DAYS[1])).date(),
    platform="instagram",
)
CLIENTS = (
    Client("northwind", "Northwind Software", "b2b_saas", BERLIN, "EUR"),
    Client("bluebird", "Bluebird Shop", "ecommerce", ZoneInfo("America/New_York"), "USD", campaigns=(GIVEAWAY,)),
    Client("quietwater", "Quietwater Agency", "agency", BERLIN, "EUR"),
)


@dataclass(frozen=True, slots=True)
class SimulatedRequest:
    """A request to ingest: the client and feed it is for, when it is sent, and its JSON payload."""

    client_id: str
    source: str
    sent_at: datetime
    payload: Any


def simulate_requests(day: int, seed: int) -> Iterator[SimulatedRequest]:
    """Yield everything that the three clients' feeds send on a day, in the order of arrival."""
    rng = random.Random(f"{seed}-{day}")  # noqa: S311 - a demonstration's world, not a secret
    noon, evening = START + timedelta(days=day, hours=12), START + timedelta(days=day, hours=22)
    yield SimulatedRequest("bluebird", "ads_meta", noon, [_ad(day, ad, share=0.5) for ad in range(6)])
    yield SimulatedRequest(
        "northwind", "custom", evening, [_linkedin_post("nw", day, k, rng, planted=True) for k in range(4)]
    )
    yield SimulatedRequest("northwind", "social_twitter", evening, {"data": [_x_post(day, k, rng) for k in range(5)]})
    if day not in EMAIL_OUTAGE_DAYS:
        yield SimulatedRequest(
            "northwind", "email", evening, [_email(day, k, rng) for k in range(_draw_volume(24, day, rng))]
        )
    yield SimulatedRequest("bluebird", "ads_meta", evening, [_ad(day, ad, share=1.0) for ad in range(6)])
    yield SimulatedRequest("bluebird", "custom", evening, [_instagram_post(day, k, rng) for k in range(3)])
    yield SimulatedRequest(
        "quietwater", "custom", evening, [_linkedin_post("qw", day, k, rng, planted=False) for k in range(5)]
    )


def simulate_faults(day: int) -> Iterator[tuple[SimulatedRequest, bytes | None]]:
    """Yield what goes wrong in real integrations: a truncated body, and a sender's clock that is ahead."""
    evening = START + timedelta(days=day, hours=22)
    if day == 20:  # noqa: PLR2004 - a day of the story
        yield SimulatedRequest("northwind", "email", evening, None), b'[{"event": "open", "timestamp": 17'
    if day == 33:  # noqa: PLR2004 - a day of the story
        event = _canonical("nw-ahead", evening + timedelta(days=2), "linkedin", "text", 10, 5000, None)
        yield SimulatedRequest("northwind", "custom", evening, event), None


def _linkedin_post(prefix: str, day: int, number: int, rng: random.Random, *, planted: bool) -> dict[str, Any]:
    content_type = rng.choice(("carousel", "photo", "text"))
    audience = 9000 + 20 * day
    effect = CAROUSEL_RATIO if planted and content_type == "carousel" else 1.0
    effect *= GOOD_HOUR_RATIO if planted and POST_HOURS[number % 4] == GOOD_HOUR else 1.0
    engagements = _draw_engagements(0.02 * audience * effect, day, rng)
    local = (START + timedelta(days=day)).replace(hour=POST_HOURS[number % 4], minute=rng.randrange(60), tzinfo=BERLIN)
    published_at = local.astimezone(UTC)
    return _canonical(
        f"{prefix}-{day}-{number}", published_at, "linkedin", content_type, engagements, audience, round(audience * 0.4)
    )


def _instagram_post(day: int, number: int, rng: random.Random) -> dict[str, Any]:
    audience = 15000
    ratio = GIVEAWAY_RATIO if GIVEAWAY_DAYS[0] <= day <= GIVEAWAY_DAYS[1] else 1.0
    engagements = _draw_engagements(0.03 * audience * ratio, day, rng)
    published_at = START + timedelta(days=day, hours=9 + 4 * number, minutes=rng.randrange(60))
    content_type = rng.choice(("photo", "video"))
    return _canonical(
        f"bb-{day}-{number}", published_at, "instagram", content_type, engagements, audience, round(audience * 0.5)
    )


def _canonical(
    event_id: str,
    occurred_at: datetime,
    platform: str,
    content_type: str,
    engagements: int,
    audience: int,
    impressions: int | None,
) -> dict[str, Any]:
    return {
        "event_id": event_id,
        "occurred_at": occurred_at.isoformat(),
        "platform": platform,
        "content_id": event_id,
        "content_type": content_type,
        "engagements": engagements,
        "audience_size": audience,
        "impressions": impressions,
    }


def _x_post(day: int, number: int, rng: random.Random) -> dict[str, Any]:
    ratio = VIRAL_RATIO if day == VIRAL_DAY else 1.0
    likes = _draw_engagements(40 * ratio, day, rng)
    created_at = START + timedelta(days=day, hours=8 + 2 * number, minutes=rng.randrange(60))
    return {
        "id": str(1_900_000_000_000_000_000 + day * 100 + number),
        "text": f"Post {number} of day {day}",
        "author_id": "2244994945",
        "created_at": created_at.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "public_metrics": {
            "retweet_count": likes // 8,
            "reply_count": likes // 10,
            "like_count": likes,
            "quote_count": likes // 20,
            "impression_count": likes * 45,
        },
    }


def _email(day: int, number: int, rng: random.Random) -> dict[str, Any]:
    occurred_at = START + timedelta(days=day, hours=6, seconds=rng.randrange(50_000))
    return {
        "email": f"reader{rng.randrange(500)}@example.com",
        "timestamp": int(occurred_at.timestamp()),
        "event": rng.choices(("delivered", "open", "click", "bounce"), (50, 35, 12, 3))[0],
        "sg_event_id": f"sg-{day}-{number}",
        "sg_message_id": f"message-{day}.{number}",
        "ip": f"203.0.113.{rng.randrange(255)}",
    }


def ad_id(number: int) -> str:
    """Return the id of Bluebird's ad of this number, from 0."""
    return str(6_200_000_000_000 + number)


def _ad(day: int, number: int, *, share: float) -> dict[str, Any]:
    """Return an ad's row for the day so far; ``share`` is the part of the day's total that it reports."""
    ratio = ADS_DROP_RATIO if day >= ADS_DROP_DAY else 1.0
    rng = random.Random(f"ad-{day}-{number}")  # noqa: S311 - as above
    impressions = _draw_engagements(4000 * ratio, day, rng)
    fatigue = TIRED_RATIO_PER_DAY ** max(day - TIRED_FROM_DAY, 0) if number == TIRED_AD else 1.0
    clicks = impressions * CLICK_RATE * fatigue
    clicks = max(rng.gauss(clicks, math.sqrt(clicks)), 0.0)
    return {
        "ad_id": ad_id(number),
        "date_start": (START + timedelta(days=day)).date().isoformat(),
        "date_stop": (START + timedelta(days=day)).date().isoformat(),
        "account_id": "1700252260223815",
        "impressions": str(int(impressions * share)),
        "clicks": str(int(clicks * share)),
        "spend": f"{impressions * share * 0.006:.2f}",
        "reach": str(int(impressions * share * 0.7)),
    }


def _draw_engagements(mean: float, day: int, rng: random.Random) -> int:
    return round(mean * WEEKDAY[day % 7] * math.exp(rng.gauss(0, SPREAD)))


def _draw_volume(mean: int, day: int, rng: random.Random) -> int:
    return max(round(mean * WEEKDAY[day % 7] + rng.gauss(0, 2.5)), 1)
