"""The record of a promotion decision: replaying the paired errors gives the same bytes."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.promotion import ModelComparison, PromotionPolicy, PromotionVerdict
from brain.domain.types import explain_validation_error
from brain.errors import InvalidInputError

ErrorPair = tuple[float, float]
"""The champion's and the challenger's absolute error on one outcome."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """A promotion decision with its policy and its evidence.

    ``champion`` and ``challenger`` are model versions; in a rollback the promoted model is the champion and the model
    it replaced the challenger. ``evidence_sha256`` is the hash of the pairs of errors in order.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: Literal["promotion", "rollback"]
    champion: str
    challenger: str
    recorded_at: AwareDatetime
    policy: PromotionPolicy
    gold_failures: tuple[str, ...]
    verdict: PromotionVerdict
    evidence_sha256: str
    schema_version: Literal[1] = 1

    def to_document(self) -> dict[str, Any]:
        """Return the record as a JSON document."""
        document: dict[str, Any] = _RECORD.dump_python(self, mode="json")
        return document

    def to_bytes(self) -> bytes:
        """Return the record as canonical JSON."""
        return json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "DecisionRecord":
        """Return the record that ``to_document`` wrote.

        Raises:
            InvalidInputError: the document has another version or shape.
        """
        try:
            return _RECORD.validate_python(document)
        except ValidationError as exc:
            reasons = explain_validation_error(exc, document="the record")
            raise InvalidInputError(f"decision record: {reasons}; restore the document from its history") from exc


_RECORD = TypeAdapter(DecisionRecord)


def record_decision(
    pairs: Sequence[ErrorPair],
    policy: PromotionPolicy,
    *,
    kind: Literal["promotion", "rollback"],
    champion: str,
    challenger: str,
    recorded_at: AwareDatetime,
    gold_failures: Iterable[str] = (),
) -> DecisionRecord:
    """Compare the models on ``pairs``, in the order of the outcomes, and return the record of the decision."""
    comparison = ModelComparison(policy, tuple(gold_failures))
    digest = hashlib.sha256()
    for champion_error, challenger_error in pairs:
        comparison.observe(champion_error, challenger_error)
        digest.update(f"{float(champion_error)!r},{float(challenger_error)!r}\n".encode())
    return DecisionRecord(
        kind=kind,
        champion=champion,
        challenger=challenger,
        recorded_at=recorded_at,
        policy=policy,
        gold_failures=comparison.gold_failures,
        verdict=comparison.verdict(),
        evidence_sha256=digest.hexdigest(),
    )


def replay_decision(record: DecisionRecord, pairs: Sequence[ErrorPair]) -> DecisionRecord:
    """Return the record recomputed from the pairs; equal bytes prove that the evidence is unchanged."""
    return record_decision(
        pairs,
        record.policy,
        kind=record.kind,
        champion=record.champion,
        challenger=record.challenger,
        recorded_at=record.recorded_at,
        gold_failures=record.gold_failures,
    )
