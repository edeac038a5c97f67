"""A deal ends in the right totals by the provider's times, in whatever order and form its changes arrive."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

STEPS = ("create", "win", "amount", "archive", "restore")
START = datetime(2026, 11, 20, 9, tzinfo=UTC)
TIMES = {step: START + timedelta(hours=number) for number, step in enumerate(STEPS)}
# A deal as it is after each step.
STATES: Mapping[str, dict[str, Any]] = {
    "create": {"is_won": False, "amount": 5000, "archived": False},
    "win": {"is_won": True, "amount": 5000, "archived": False},
    "amount": {"is_won": True, "amount": 7000, "archived": False},
    "archive": {"is_won": True, "amount": 7000, "archived": True},
    "restore": {"is_won": True, "amount": 7000, "archived": False},
}
WEBHOOKS: Mapping[str, tuple[str, dict[str, str]]] = {
    "create": ("deal.creation", {}),
    "win": ("deal.propertyChange", {"propertyName": "dealstage", "propertyValue": "closedwon"}),
    "amount": ("deal.propertyChange", {"propertyName": "amount", "propertyValue": "7000"}),
    "archive": ("deal.deletion", {}),
    "restore": ("deal.restore", {}),
}


def hubspot_webhook(step: str, number: int) -> Any:
    """Return the step as HubSpot's webhook announces it: only what changed."""
    subscription, change = WEBHOOKS[step]
    milliseconds = int(TIMES[step].timestamp() * 1000)
    return [{
        "eventId": number * 10 + STEPS.index(step), "subscriptionId": 11, "portalId": 620000, "objectId": number,
        "occurredAt": milliseconds, "subscriptionType": subscription, "attemptNumber": 0, **change,
    }]  # fmt: skip


def hubspot_properties(step: str) -> dict[str, str]:
    """Return the properties of the deal after a step."""
    is_won = STATES[step]["is_won"]
    closed_at = TIMES["win"] if is_won else START + timedelta(days=90)
    return {
        "dealstage": "closedwon" if is_won else "presentationscheduled",
        "hs_is_closed_won": str(is_won).lower(),
        "amount": str(STATES[step]["amount"]),
        "closedate": closed_at.isoformat(),
        "createdate": TIMES["create"].isoformat(),
        "hs_lastmodifieddate": TIMES[step].isoformat(),
    }


def hubspot_object(step: str, number: int) -> Any:
    """Return the whole deal after a step, as the CRM's API does."""
    archived = {"archivedAt": TIMES[step].isoformat()} if STATES[step]["archived"] else {}
    return {
        "id": str(number), "properties": hubspot_properties(step), "createdAt": TIMES["create"].isoformat(),
        "updatedAt": TIMES[step].isoformat(), "archived": STATES[step]["archived"], **archived,
    }  # fmt: skip


def hubspot_row(step: str, number: int) -> Any:
    """Return the whole deal after a step, as a connector stores it."""
    properties = {f"property_{name}": value for name, value in hubspot_properties(step).items()}
    state = {
        "is_deleted": STATES[step]["archived"],
        "_fivetran_synced": (TIMES[step] + timedelta(minutes=5)).isoformat(),
    }
    return [{"deal_id": str(number), "portal_id": "620000", **properties, **state}]


def salesforce_id(number: int) -> str:
    """Return a long id of an opportunity."""
    return f"006{number:012d}AAA"


def salesforce_change(step: str, number: int) -> Any:
    """Return the step as Change Data Capture announces it; events are enriched with the stage."""
    change_type = {"create": "CREATE", "archive": "DELETE", "restore": "UNDELETE"}.get(step, "UPDATE")
    state = STATES[step]
    stage, amount = "Closed Won" if state["is_won"] else "Prospecting", float(state["amount"])
    changed = {"win": ["StageName"], "amount": ["Amount"]}.get(step, [])
    fields: dict[str, Any] = {} if change_type == "DELETE" else {"StageName": stage, "Amount": amount}
    if change_type in ("CREATE", "UNDELETE"):
        fields |= {"CreatedDate": int(START.timestamp() * 1000), "CloseDate": "2026-11-20"}
    header = {
        "entityName": "Opportunity", "recordIds": [salesforce_id(number)], "changeType": change_type,
        "changedFields": changed, "nulledFields": [], "transactionKey": f"{number}-{step}", "sequenceNumber": 1,
        "commitTimestamp": int(TIMES[step].timestamp() * 1000), "commitUser": "005AA000001",
    }  # fmt: skip
    return {"payload": {"ChangeEventHeader": header, **fields}}


def salesforce_record(step: str, number: int) -> Any:
    """Return the whole opportunity after a step, as the API does."""
    state = STATES[step]
    return {
        "attributes": {"type": "Opportunity", "url": f"/services/data/v60.0/sobjects/Opportunity/{number}"},
        "Id": salesforce_id(number), "StageName": "Closed Won" if state["is_won"] else "Prospecting",
        "IsWon": state["is_won"], "Amount": state["amount"], "CloseDate": "2026-11-20",
        "CreatedDate": TIMES["create"].isoformat(), "SystemModstamp": TIMES[step].isoformat(),
        "IsDeleted": state["archived"],
    }  # fmt: skip


def salesforce_row(step: str, number: int) -> Any:
    """Return the whole opportunity after a step, as a connector stores it."""
    state = STATES[step]
    return [{
        "id": salesforce_id(number), "stage_name": "Closed Won" if state["is_won"] else "Prospecting",
        "is_won": state["is_won"], "amount": state["amount"], "close_date": "2026-11-20",
        "created_date": TIMES["create"].isoformat(), "system_modstamp": TIMES[step].isoformat(),
        "_fivetran_deleted": state["archived"], "_fivetran_synced": (TIMES[step] + timedelta(minutes=5)).isoformat(),
    }]  # fmt: skip


Form = Callable[[str, int], Any]
FORMS: Mapping[str, tuple[Form, ...]] = {
    "crm_hubspot": (hubspot_webhook, hubspot_object, hubspot_row),
    "crm_salesforce": (salesforce_change, salesforce_record, salesforce_row),
}
REQUEST_SIZE = 400
# One form for all steps, and mixtures of all.
MIXTURES = ((0,) * 5, (1,) * 5, (2,) * 5, (0, 1, 2, 0, 1), (1, 0, 0, 2, 0), (2, 0, 1, 0, 2), (0, 0, 2, 1, 0))


def send_in_turn(brain: Brain, feed: str, histories: Sequence[Sequence[Any]]) -> None:
    """Send the first payloads of all histories in some requests, then the second ones, and so on."""
    for payloads in zip(*histories, strict=True):
        for start in range(0, len(payloads), REQUEST_SIZE):
            brain.clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
            send_request(brain, list(payloads[start : start + REQUEST_SIZE]), feed)


def read_totals(brain: Brain) -> dict[str, tuple[float, float, frozenset[str]]]:
    """Return the conversions, the revenue and the days of all events by content."""
    totals: dict[str, tuple[float, float, frozenset[str]]] = {}
    for snapshot in brain.store.query(paths.events(CLIENT)):
        event = snapshot.data
        conversions, revenue, days = totals.get(event["content_id"], (0, 0, frozenset()))
        day = event["occurred_at"].date().isoformat()
        added = (conversions + event.get("conversions", 0), revenue + event.get("revenue", 0), days | {day})
        totals[event["content_id"]] = added
    return totals


@pytest.mark.parametrize("feed", FORMS)
@pytest.mark.parametrize(
    ("present", "conversions", "revenue"),
    [(STEPS, 1, 7000), (STEPS[:4], 0, 0), (STEPS[:3], 1, 7000)],
    ids=["restored", "archived", "won"],
)
def test_every_order_of_arrival_ends_in_the_same_total(
    feed: str, present: tuple[str, ...], conversions: float, revenue: float
) -> None:
    """Created, won, changed, archived and restored, over every form and mixture of forms, and sent twice."""
    orders = [
        (order, MIXTURES[(number + shift) % len(MIXTURES)])
        for number, order in enumerate(permutations(present))
        for shift in (0, 3)
    ]
    histories = [
        [FORMS[feed][mixture[STEPS.index(step)]](step, number) for step in order]
        for number, (order, mixture) in enumerate(orders, start=1)
    ]
    brain = build_memory_brain()
    send_in_turn(brain, feed, histories)
    totals = read_totals(brain)
    send_in_turn(brain, feed, histories)
    assert read_totals(brain) == totals
    brain.store.close()
    expected = (conversions, revenue, frozenset({"2026-11-20"}))
    ids = [str(number) if feed == "crm_hubspot" else salesforce_id(number) for number in range(1, len(orders) + 1)]
    wrong = {order: totals[deal_id] for order, deal_id in zip(orders, ids, strict=True) if totals[deal_id] != expected}
    assert not wrong
