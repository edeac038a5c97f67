"""What HubSpot's objects, rows and webhooks say about one record, in the same terms for all of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, Fact, FeedType, Rejected
from brain.domain.feeds.deal_facts import build_record, is_set, is_true
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text
from brain.domain.feeds.record_facts import AMOUNT, CLOSED_AT, IS_DELETED, IS_WON, IS_WON_BY_STAGE

OBJECT_KINDS: Final = {
    "0-1": "contact", "0-2": "company", "0-3": "deal", "0-5": "ticket", "0-7": "product", "0-8": "line_item",
}  # fmt: skip
CREATED_PROPERTIES: Final = ("createdate", "hs_createdate")
MODIFIED_PROPERTIES: Final = ("hs_lastmodifieddate", "lastmodifieddate")
_CERTAIN: Final = 1  # the probability of a stage in which a deal is won
_WON_STAGES: Final = frozenset({"closedwon", "closed won"})
# The other stages of HubSpot's first pipeline; those of further pipelines have numbers.
_OPEN_OR_LOST_STAGES: Final = frozenset({
    "appointmentscheduled", "qualifiedtobuy", "presentationscheduled", "decisionmakerboughtin", "contractsent",
    "closedlost", "closed lost",
})  # fmt: skip


def read_property_facts(
    builder: DraftBuilder, kind: str, properties: Mapping[str, Any], as_of: datetime
) -> dict[str, Fact]:
    """Return the facts in properties of an object, all of them or only those that changed.

    Nothing follows from a property that is not among them.
    """
    if kind == "contact":
        return _read_contact_facts(properties, as_of)
    return _read_deal_facts(builder, properties, as_of) if kind == "deal" else {}


def _read_contact_facts(properties: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    """Return whether a person opted out of e-mail."""
    if "hs_email_optout" not in properties:
        return {}
    return {"unsubscribes": Fact(1 if is_true(properties["hs_email_optout"]) else None, as_of)}


def _read_deal_facts(builder: DraftBuilder, properties: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    values: dict[str, bool | float | datetime | None] = {}
    if "dealstage" in properties:
        values[IS_WON_BY_STAGE] = _read_stage(properties["dealstage"])
    if (is_won := _read_won_flag(builder, properties)) is not None:
        values[IS_WON] = is_won
    if "amount" in properties:
        values[AMOUNT] = builder.read_number(properties, "amount")
    if values.get(AMOUNT) is None and (is_won or values.get(IS_WON_BY_STAGE)) and "hs_closed_amount" in properties:
        values[AMOUNT] = builder.read_number(properties, "hs_closed_amount")
    if "closedate" in properties:
        values[CLOSED_AT] = builder.read_time(properties, "closedate", naive_is_utc=True)
    return {name: Fact(value, as_of) for name, value in values.items()}


def _read_stage(stage: Any) -> bool | None:
    """Return whether a stage means that the deal is won, None where only the account knows."""
    text = (to_text(stage) or "").lower()
    return True if text in _WON_STAGES else False if text in _OPEN_OR_LOST_STAGES else None


def _read_won_flag(builder: DraftBuilder, properties: Mapping[str, Any]) -> bool | None:
    """Return whether the deal is won by the first of HubSpot's calculated properties that says so."""
    if is_set(flag := properties.get("hs_is_closed_won")):
        return is_true(flag)
    if is_true(properties.get("hs_is_closed_lost")):
        return False
    if is_set(properties.get("hs_deal_stage_probability")):
        probability = builder.read_number(properties, "hs_deal_stage_probability")
        return bool(probability == _CERTAIN) if probability is not None else None
    return None


def build_merged_deal(
    raw: Mapping[str, Any], deal_id: str, merged_at: datetime, *, read_at: datetime, **fields: Any
) -> Draft | Rejected:
    """Return the end of a deal that was merged into another one and counts nothing any more."""
    return build_record(
        DraftBuilder(raw),
        FeedType.CRM_HUBSPOT,
        {IS_DELETED: Fact(True, merged_at)},
        known_at=read_at,
        occurred_at=merged_at,
        undated=True,
        as_of=merged_at,
        content_key=("deal", deal_id),
        content_id=deal_id,
        content_type="deal",
        platform="hubspot",
        **fields,
    )
