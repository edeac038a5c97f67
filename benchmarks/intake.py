"""CPU time to read, identify, pseudonymize and validate one event; the goal is at most 100 microseconds.

``python -m benchmarks intake``. The payloads are batches as providers send them. JSON is parsed outside the timed part;
its cost has its own column. The figures are medians over repetitions. A second table has the slowest of all documented
payloads of every feed (the tests' fixtures), per item that was read or refused.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.json_text import parse_json
from brain.domain.privacy.keys import IdentityKeys

GOAL_MICROSECONDS = 100.0
BATCH = 500
REPETITIONS = 9
REPEATS = 50
SHOWN = 12
FIXTURES = Path(__file__).parents[1] / "tests/unit/feeds/fixtures"
CONTEXT = FeedContext("bench", datetime(2026, 11, 22, tzinfo=UTC))
KEYS = IdentityKeys(1, b"a key of the benchmark alone, 32 b")


def run() -> None:
    """Print microseconds per event for each kind of batch."""
    print(f"intake: microseconds of CPU per event, batches of {BATCH}, median (best) of {REPETITIONS}")
    heads = f"{'payload':<28}{'parse':>8}{'normalize':>11}{'build':>8}{'total':>8}{'best':>8}"
    print(f"{heads}  goal <= {GOAL_MICROSECONDS:g}")
    for name, source, make in KINDS:
        body = json.dumps([make(index) for index in range(BATCH)]).encode()
        payload = parse_json(body)
        drafts = [draft for draft in normalize(source, payload, CONTEXT) if isinstance(draft, Draft)]
        assert len(drafts) == BATCH, name
        assert all(isinstance(build_event(draft, CONTEXT, KEYS), IdentifiedEvent) for draft in drafts), name
        parse, _ = _cost(lambda body=body: parse_json(body))
        read, _ = _cost(lambda source=source, payload=payload: normalize(source, payload, CONTEXT))
        finish, _ = _cost(lambda drafts=drafts: [build_event(draft, CONTEXT, KEYS) for draft in drafts])
        whole, best = _cost(lambda source=source, payload=payload: _whole(source, payload))
        verdict = "met" if whole <= GOAL_MICROSECONDS else "missed"
        print(f"{name:<28}{parse:>8.1f}{read:>11.1f}{finish:>8.1f}{whole:>8.1f}{best:>8.1f}  {verdict}")
    _print_documented()


def _print_documented() -> None:
    """Print the slowest documented payloads, and how many of all are within the goal."""
    costs = sorted(_measure_documented(), reverse=True)
    print(f"\n{'documented payload':<44}{'total':>8}")
    for microseconds, name in costs[:SHOWN]:
        print(f"{name:<44}{microseconds:>8.1f}  {'met' if microseconds <= GOAL_MICROSECONDS else 'missed'}")
    met_count = sum(microseconds <= GOAL_MICROSECONDS for microseconds, _ in costs)
    print(
        f"{met_count} of {len(costs)} payloads met the goal; median {statistics.median(cost for cost, _ in costs):.1f}"
    )


def _measure_documented() -> Iterator[tuple[float, str]]:
    for file in sorted(FIXTURES.glob("*/*.json")):
        if file.name.endswith(".expected.json"):
            continue
        source, payload = file.parent.name, parse_json(file.read_bytes())
        outcomes = normalize(source, payload, CONTEXT)
        if any(isinstance(outcome, Draft) for outcome in outcomes):
            whole, _ = _cost(lambda source=source, payload=payload: _repeat(source, payload))
            yield whole * BATCH / REPEATS / len(outcomes), f"{source} {file.stem}"


def _repeat(source: str, payload: Any) -> None:
    for _ in range(REPEATS):
        _whole(source, payload)


def _whole(source: str, payload: Any) -> None:
    for outcome in normalize(source, payload, CONTEXT):
        if isinstance(outcome, Draft):
            build_event(outcome, CONTEXT, KEYS)


def _cost(work: Callable[[], object]) -> tuple[float, float]:
    """Return the median and the best microseconds of CPU per event."""
    spent = []
    for _ in range(REPETITIONS):
        started = time.process_time()
        work()
        spent.append((time.process_time() - started) / BATCH * 1e6)
    return statistics.median(spent), min(spent)


def _canonical(index: int) -> dict[str, Any]:
    return {
        "event_id": f"order-{index}",
        "occurred_at": "2026-11-20T10:00:00Z",
        "likes": index,
        "comments": 3,
        "shares": 1,
        "impressions": 900 + index,
        "audience_size": 5000,
        "content_id": f"post-{index}",
        "content_type": "photo",
        "platform": "linkedin",
        "creator": f"author-{index % 7}",
    }


def _sendgrid(index: int) -> dict[str, Any]:
    return {
        "email": f"reader{index}@example.org",
        "timestamp": 1795258800 + index,
        "smtp-id": f"<m{index}@geopod-ismtpd-1>",
        "event": ("processed", "delivered", "open", "click")[index % 4],
        "category": ["autumn"],
        "sg_event_id": f"ev{index:08d}",
        "sg_message_id": f"m{index}.recvd-5f6-1-5A.0",
        "ip": f"198.51.100.{index % 250}",
        "useragent": "Mozilla/5.0 (X11)",
    }


def _x_post(index: int) -> dict[str, Any]:
    return {
        "id": str(1992000000000000000 + index),
        "text": f"Autumn post number {index}, with a link https://t.co/a{index}",
        "created_at": "2026-11-20T10:00:00.000Z",
        "author_id": "2244994945",
        "public_metrics": {
            "retweet_count": 8,
            "reply_count": 2,
            "like_count": index,
            "quote_count": 1,
            "impression_count": 2850,
        },
    }


def _meta(index: int) -> dict[str, Any]:
    return {
        "account_id": "1700000000000001",
        "campaign_id": "23840000000000001",
        "adset_id": "23840000000000002",
        "ad_id": str(index),
        "impressions": str(9000 + index),
        "clicks": "205",
        "inline_link_clicks": "60",
        "reach": "7000",
        "spend": "144.20",
        "account_currency": "EUR",
        "date_start": "2026-11-18",
        "date_stop": "2026-11-18",
        "actions": [{"action_type": "link_click", "value": "60"}, {"action_type": "omni_purchase", "value": "6"}],
        "action_values": [{"action_type": "omni_purchase", "value": "412.5"}],
    }


def _google(index: int) -> dict[str, Any]:
    return {
        "customer_id": "1234567890",
        "date": "2026-11-18",
        "_fivetran_synced": "2026-11-19 17:10:11",
        "ad_network_type": "SEARCH",
        "clicks": str(index),
        "conversions": "0.5",
        "conversions_value": "12.5",
        "cost_micros": "2500000",
        "device": "MOBILE",
        "id": str(index),
        "impressions": "1000",
        "interactions": "4",
        "view_through_conversions": "0",
    }


def _hubspot(index: int) -> dict[str, Any]:
    return {
        "eventId": 100,
        "subscriptionId": 1185,
        "portalId": 33,
        "appId": 1160452,
        "occurredAt": 1795262400456 + index,
        "subscriptionType": "deal.propertyChange",
        "attemptNumber": 1,
        "objectId": index,
        "propertyName": "dealstage",
        "propertyValue": "closedwon",
        "changeSource": "CRM_UI",
        "sourceId": "userId:44332211",
    }


KINDS: tuple[tuple[str, str, Callable[[int], dict[str, Any]]], ...] = (
    ("canonical event", "custom", _canonical),
    ("SendGrid event", "email", _sendgrid),
    ("X post", "social_twitter", _x_post),
    ("Meta insights row", "ads_meta", _meta),
    ("Google Ads warehouse row", "ads_google", _google),
    ("HubSpot webhook", "crm_hubspot", _hubspot),
)

if __name__ == "__main__":
    run()
