"""A decision's record: whoever has the pairs of errors comes to the same bytes."""

import json
from datetime import UTC, datetime

import numpy as np
import pytest

from brain.domain.learning.config import LearningConfig
from brain.domain.learning.promotion import PromotionDecision
from brain.domain.learning.promotion_record import DecisionRecord, record_decision, replay_decision
from brain.errors import InvalidInputError
from brain.settings.files import load_config

POLICY = load_config("brain_learning", LearningConfig).promotion
CHANCE = np.random.default_rng(4)
PAIRS = (CHANCE.lognormal(0, 0.5, (700, 2)) * [1, 0.8]).tolist()


def build_record(pairs=PAIRS, **changes):
    """Return the record of a promotion."""
    facts = {
        "kind": "promotion",
        "champion": "learned-7",
        "challenger": "challenger-7-350",
        "recorded_at": datetime(2026, 11, 22, 6, tzinfo=UTC),
        **changes,
    }
    return record_decision(pairs, POLICY, **facts)


def test_a_record_replays_to_the_same_bytes():
    """Read back from JSON and made anew from the pairs, it is the same to the last byte."""
    record = build_record()
    stored = DecisionRecord.from_document(json.loads(record.to_bytes()))
    assert record.verdict.decision is PromotionDecision.PROMOTE
    assert replay_decision(stored, PAIRS).to_bytes() == record.to_bytes()


def test_other_evidence_does_not_replay():
    """One pair changed, left out or moved shows in the record."""
    record = build_record()
    for other in (PAIRS[:-1], [*PAIRS[1:], PAIRS[0]], [(1.0, 1.0), *PAIRS[1:]]):
        assert replay_decision(record, other).to_bytes() != record.to_bytes()


def test_gold_failures_are_part_of_the_record():
    """A refusal for a gold standard replays as one."""
    record = build_record(gold_failures=["bots-half"])
    assert record.verdict.decision is PromotionDecision.KEEP
    assert replay_decision(record, PAIRS).to_bytes() == record.to_bytes()


@pytest.mark.parametrize("change", [{"schema_version": 2}, {"kind": "whim"}, {"recorded_at": "2026-11-22T06:00:00"}])
def test_a_record_that_cannot_be_read_is_refused(change):
    """Another version, kind, or a time without a zone is no record."""
    with pytest.raises(InvalidInputError, match="decision record"):
        DecisionRecord.from_document({**build_record().to_document(), **change})
