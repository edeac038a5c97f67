"""A store of version 0.1 counts the same after the upgrade: what arrives again replaces what was stored elsewhere."""

from collections.abc import Sequence
from typing import Any

import pytest

from brain.domain.events import Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.ports.document_store import Create, DocumentStore, Set
from brain.repositories import codec, paths
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, send_request

WEBHOOK = {
    "eventId": 1, "subscriptionId": 11, "portalId": 620000, "occurredAt": 1795262400000, "objectId": 5550001,
    "subscriptionType": "deal.propertyChange", "attemptNumber": 0,
}  # fmt: skip
WON = [
    WEBHOOK | {"propertyName": "dealstage", "propertyValue": "closedwon"},
    WEBHOOK | {"eventId": 2, "propertyName": "hs_is_closed_won", "propertyValue": "true"},
]
CHANGE = {
    "payload": {
        "ChangeEventHeader": {
            "entityName": "Opportunity", "recordIds": ["006AA00000Xyz03YAB"], "changeType": "CREATE",
            "transactionKey": "t1", "sequenceNumber": 1, "commitTimestamp": 1795262400000,
        },
        "StageName": "Closed Won", "Amount": 70.0,
    },
}  # fmt: skip
INSIGHTS = {
    "data": [{"name": "likes", "period": "lifetime", "values": [{"value": 31}], "id": "179/insights/likes/lifetime"}],
}


def store_as_before(store: DocumentStore, feed: str, payload: Any, read_as_before: Sequence[dict[str, float]]) -> None:
    """Store the items under the ids of version 0.1, which had one event per change and per query."""
    context = FeedContext(CLIENT, NOW)
    drafts = [draft for draft in normalize(feed, payload, context) if isinstance(draft, Draft)]
    brain = build_memory_brain()
    for draft, metrics in zip(drafts, read_as_before, strict=True):
        identified = build_event(draft, context, brain.ingest.keys())
        assert isinstance(identified, IdentifiedEvent)
        assert identified.former_id
        document = codec.event_to_document(identified.event) | metrics | {"event_id": identified.former_id}
        plain = {"fingerprint": identified.fingerprint, "cumulative": False, "revision": 0, "unscored": True}
        store.commit([Create(paths.event(CLIENT, identified.former_id), document | plain)])
    brain.store.close()


def sum_metrics(store: DocumentStore, *names: str) -> dict[str, float]:
    """Return the sums over all current events."""
    events = [event.data for event in store.query(paths.events(CLIENT))]
    return {name: sum(event.get(name, 0) for event in events) for name in names}


@pytest.mark.parametrize(
    ("feed", "payload", "read_as_before", "sums"),
    [
        ("crm_hubspot", WON, [{"conversions": 1.0}, {"conversions": 1.0}], {"conversions": 1}),
        ("crm_salesforce", CHANGE, [{"conversions": 1.0, "revenue": 70.0}], {"conversions": 1, "revenue": 70}),
        ("social_instagram", INSIGHTS, [{"likes": 31}], {"likes": 31}),
    ],
    ids=["hubspot-webhooks", "salesforce-change", "instagram-insights"],
)
def test_what_arrives_again_after_the_upgrade_counts_once(
    feed: str, payload: Any, read_as_before: Sequence[dict[str, float]], sums: dict[str, float]
) -> None:
    """Sent once or twice more, the sums are those of the provider."""
    brain = build_memory_brain()
    store_as_before(brain.store, feed, payload, read_as_before)
    for _ in range(2):
        send_request(brain, payload, feed)
        assert sum_metrics(brain.store, *sums) == sums
    brain.store.close()


def test_a_deal_that_was_stored_as_won_is_retracted_by_its_archived_form() -> None:
    """Version 0.1 read no state; the archived object has the key that the won one had."""
    brain = build_memory_brain()
    deal = {
        "id": "77", "properties": {"dealstage": "closedwon", "amount": "4200"}, "createdAt": "2026-10-01T00:00:00Z",
        "updatedAt": "2026-11-10T00:00:00Z", "archived": False,
    }  # fmt: skip
    send_request(brain, deal, "crm_hubspot")
    (stored,) = brain.store.query(paths.events(CLIENT))
    as_before = {name: value for name, value in stored.data.items() if name not in ("facts", "as_of")}
    brain.store.commit([Set(stored.path, as_before)])
    send_request(brain, deal | {"archived": True, "archivedAt": "2026-11-10T00:00:00Z"}, "crm_hubspot")
    assert sum_metrics(brain.store, "conversions", "revenue") == {"conversions": 0, "revenue": 0}
    brain.store.close()
