"""What a report is built from: the client's facts and the results of the engines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from brain.domain.anomaly.incidents import Incident
from brain.domain.days.facts import ClientFacts
from brain.domain.learning.summary import LearningSummary
from brain.domain.predictions.outlook import ContentOutlook
from brain.domain.recommendations.advice_state import AdviceState
from brain.domain.recommendations.advice_value import AdviceValue


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFacts(ClientFacts):
    """The client's facts and what the engines left, None where they have not run.

    ``failed_sections`` names the sections whose engine failed; ``shop`` has the pages that the shop's jobs published,
    by name.
    """

    incidents: Sequence[Incident]
    learning: LearningSummary | None = None
    advice: AdviceState | None = None
    outlook: ContentOutlook | None = None
    advice_value: AdviceValue | None = None
    failed_sections: frozenset[str] = frozenset()
    shop: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
