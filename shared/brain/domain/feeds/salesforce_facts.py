"""What Salesforce's records, rows and captured changes say about one record, in the same terms for all of them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Fact
from brain.domain.feeds.deal_facts import is_set, is_true
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text
from brain.domain.feeds.record_facts import AMOUNT, CLOSED_AT, CREATED_AT, IS_WON, IS_WON_BY_STAGE

PERSON_OBJECTS: Final = frozenset({"contact", "lead", "user", "personaccount", "campaignmember", "individual"})
FIELDS_BY_METRIC: Final[Mapping[str, tuple[str, ...]]] = {
    "sends": ("numbersent",),
    "engagements": ("numberofresponses", "amountallresponses"),
    "conversions": ("numberofwonopportunities",),
    "revenue": ("amountwonopportunities",),
    "spend": ("actualcost",),
}
"""The metrics of a campaign."""
_WON_STAGE: Final = "closed won"
# The other stages of a new account; a stage with another name means what the account defines.
_OPEN_OR_LOST_STAGES: Final = frozenset({
    "prospecting", "qualification", "needs analysis", "value proposition", "id. decision makers",
    "perception analysis", "proposal/price quote", "negotiation/review", "closed lost",
})  # fmt: skip
_SHORT_ID_LENGTH: Final = 15
_CHECK_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"


def read_field_facts(builder: DraftBuilder, kind: str, fields: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    """Return the facts in fields of a record, with their names normalized: all of them, or only those that changed."""
    facts: dict[str, Fact] = {}
    if kind == "campaign":
        facts |= _read_campaign_facts(builder, fields, as_of)
    if kind == "opportunity":
        facts |= _read_opportunity_facts(builder, fields, as_of)
    if is_set(fields.get("createddate")):
        facts[CREATED_AT] = Fact(builder.read_time(fields, "createddate", naive_is_utc=True), as_of)
    return facts


def _read_campaign_facts(builder: DraftBuilder, fields: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    totals = DraftBuilder(fields)
    for metric, names in FIELDS_BY_METRIC.items():
        totals.add_metric(metric, fields, *names)
    builder.faults += totals.faults
    return {metric: Fact(number, as_of) for metric, number in totals.metrics.items()}


def _read_opportunity_facts(builder: DraftBuilder, fields: Mapping[str, Any], as_of: datetime) -> dict[str, Fact]:
    values: dict[str, bool | float | datetime | None] = {}
    if is_set(fields.get("iswon")):
        values[IS_WON] = is_true(fields["iswon"])
    if "stagename" in fields:
        values[IS_WON_BY_STAGE] = _read_stage(fields["stagename"])
    if "amount" in fields:
        values[AMOUNT] = builder.read_number(fields, "amount")
    if is_set(fields.get("closedate")):
        values[CLOSED_AT] = builder.read_time(fields, "closedate", naive_is_utc=True)
    return {name: Fact(value, as_of) for name, value in values.items()}


def _read_stage(stage: Any) -> bool | None:
    """Return whether a stage means that an opportunity is won, None where only the account knows."""
    text = (to_text(stage) or "").lower()
    return True if text == _WON_STAGE else False if text in _OPEN_OR_LOST_STAGES else None


def list_keys(kind: str, record_id: str) -> dict[str, tuple[str, str]]:
    """Return the key of a record for a draft, and the one that version 0.1 gave a record with a short id."""
    if len(record_id) != _SHORT_ID_LENGTH or not record_id.isalnum():
        return {"content_key": (kind, record_id)}
    return {"content_key": (kind, extend_id(record_id)), "former_key": (kind, record_id)}


def extend_id(record_id: str) -> str:
    """Return the id of 18 characters for one of 15: reports export the short form, the API sends the long one.

    The last three characters say which of the others are in upper case.

    >>> extend_id("006AA00000Xyz03")
    '006AA00000Xyz03YAB'
    """
    suffix = ""
    for start in range(0, _SHORT_ID_LENGTH, 5):
        bits = sum(1 << place for place, letter in enumerate(record_id[start : start + 5]) if "A" <= letter <= "Z")
        suffix += _CHECK_CHARACTERS[bits]
    return record_id + suffix
