"""The record of a decision about a challenger: anyone who has the paired errors can replay it to the same bytes."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.promotion import Comparison, PromotionPolicy, Verdict
from brain.errors import InvalidInputError

Pair = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRecord:
    """What was decided, by which rule, on which evidence.

    ``champion`` and ``challenger`` are versions of models; in a rollback the promoted model is the champion and the
    model it replaced the challenger. ``evidence_sha256`` is over the pairs of errors in their order.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    kind: Literal["promotion", "rollback"]
    champion: str
    challenger: str
    recorded_at: AwareDatetime
    policy: PromotionPolicy
    gold_failures: tuple[str, ...]
    verdict: Verdict
    evidence_sha256: str
    schema_version: Literal[1] = 1

    def to_document(self) -> dict[str, Any]:
        """Return the record as plain values for a document."""
        document: dict[str, Any] = _RECORD.dump_python(self, mode="json")
        return document

    def to_bytes(self) -> bytes:
        """Return the record's one spelling in JSON."""
        return json.dumps(self.to_document(), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "DecisionRecord":
        """Return the record that ``to_document`` wrote.

        Raises:
            InvalidInputError: the document is of another version or shape.
        """
        try:
            return _RECORD.validate_python(document)
        except ValidationError as exc:
            place = exc.errors()[0]
            raise InvalidInputError(
                f"expected a decision record, but {'.'.join(map(str, place['loc']))}: {place['msg']}"
            ) from exc


_RECORD = TypeAdapter(DecisionRecord)


def record_decision(
    pairs: Sequence[Pair],
    policy: PromotionPolicy,
    *,
    kind: Literal["promotion", "rollback"],
    champion: str,
    challenger: str,
    recorded_at: AwareDatetime,
    gold_failures: Iterable[str] = (),
) -> DecisionRecord:
    """Compare the models on ``pairs`` of errors, champion's first and in the outcomes' order, and record the result."""
    comparison = Comparison(policy, tuple(gold_failures))
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


def replay(record: DecisionRecord, pairs: Sequence[Pair]) -> DecisionRecord:
    """Return the record made anew from the pairs; its bytes are the old ones when the evidence is what it was."""
    return record_decision(
        pairs,
        record.policy,
        kind=record.kind,
        champion=record.champion,
        challenger=record.challenger,
        recorded_at=record.recorded_at,
        gold_failures=record.gold_failures,
    )
