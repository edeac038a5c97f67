"""The night's questions about a client's stores: kept in the tables all, published where they stand for something."""

import hashlib
from collections.abc import Mapping
from typing import Any

from brain.domain.retail.curiosity.config import CuriosityConfig
from brain.domain.retail.curiosity.ledger import Entry, State
from brain.domain.retail.documents import to_json_value
from brain.services.retail.curiosity import Night, night_of_shop
from brain.services.retail.facts import Known
from brain.services.retail.own_shop import OwnShop
from brain.services.retail.shop_job import Findings, Step

SHOWN = (State.FINDING, State.LEAD, State.RETIRED, State.NOT_CONFIRMED, State.REFUTED)
MOST_ENTRIES = 2000


def steps(config: CuriosityConfig) -> tuple[Step, ...]:
    """Return the job's one step."""
    empty: dict[str, Any] = {"night": None, "counts": {}, "hypotheses": []}
    return (Step("night", "shop-findings", empty, lambda shop, known: _night(shop, known, config)),)


def _night(shop: OwnShop, known: Known, config: CuriosityConfig) -> Findings:
    night = night_of_shop(shop, known, config)
    counts = {str(state): len(night.in_state(state)) for state in State}
    asked = len(night.entries) - counts[State.TOO_LITTLE_DATA]
    shown = [entry.as_row() for entry in night.in_state(*SHOWN)]
    return Findings(
        {"asked": asked, "findings": counts[State.FINDING], "leads": counts[State.LEAD]},
        {"night": to_json_value(night.on), "counts": counts, "hypotheses": to_json_value(shown)},
        _ledger(night),
    )


def _ledger(night: Night) -> Mapping[str, Mapping[str, Any]]:
    """Return the entries that stand for something, and those that did until tonight; the tables keep the others."""
    standing = night.in_state(*SHOWN)
    ended = [one for one in night.entries if one.state not in SHOWN and night.before.get(one.hypothesis_id) in SHOWN]
    return {
        _entry_id(entry): {"kind": "hypothesis", **to_json_value(entry.as_row())}
        for entry in (*ended, *standing)[:MOST_ENTRIES]
    }


def _entry_id(entry: Entry) -> str:
    return f"hypothesis-{hashlib.sha256(entry.hypothesis_id.encode()).hexdigest()[:24]}"
