"""The register of a client's outcomes: how far recording has come, group baselines, and interval coverage."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, ConfigDict, Field, TypeAdapter, ValidationError

from brain.domain.learning.group_baseline import GroupBaseline
from brain.domain.learning.observation import Observation
from brain.domain.learning.summary import CoverageCount
from brain.domain.periods import format_week
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError

MAX_WEEKS = 26
CLOCK_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class MaturityCursor:
    """The last content that was observed, in order of maturity."""

    matures_at: AwareDatetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeRegister:
    """A client's register; stored under the aliases.

    ``excluded`` counts content without an outcome by reason; ``baselines`` are per comparison group;
    ``coverage_by_week`` is per ISO week.
    """

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    cursor: Annotated[MaturityCursor | None, Field(alias="reached")] = None
    last_recorded_at: AwareDatetime | None = None
    outcome_count: Annotated[int, Field(alias="recorded")] = 0
    excluded: Annotated[Mapping[str, int], Field(alias="left_out")] = field(default_factory=dict)
    baselines: Annotated[Mapping[str, GroupBaseline], Field(alias="usual")] = field(default_factory=dict)
    coverage_by_week: Annotated[Mapping[str, CoverageCount], Field(alias="weeks")] = field(default_factory=dict)
    schema_version: Literal[1] = 1

    def next_recorded_at(self, now: datetime) -> datetime:
        """Return the recording time of new outcomes: later than all before, even if a run is late."""
        return now if self.last_recorded_at is None else max(now, self.last_recorded_at + CLOCK_TICK)

    def add(self, observation: Observation, group: str) -> "OutcomeRegister":
        """Return the register with one more observation, of content in comparison group ``group``."""
        baselines = self.baselines
        if observation.baseline is not None:
            baselines = {**baselines, group: observation.baseline}
        outcome = observation.outcome
        if outcome is None:
            reason = str(observation.excluded)
            excluded = {**self.excluded, reason: self.excluded.get(reason, 0) + 1}
            return replace(self, baselines=baselines, excluded=excluded)
        register = replace(
            self,
            baselines=baselines,
            outcome_count=self.outcome_count + 1,
            last_recorded_at=outcome.recorded_at,
        )
        if observation.interval is None:
            return register
        low, high = observation.interval
        coverage = self._count_interval(outcome.observed_at, covered=low <= outcome.observed <= high)
        return replace(register, coverage_by_week=coverage)

    def to_document(self) -> dict[str, Any]:
        """Return the register as a document."""
        document: dict[str, Any] = _REGISTER.dump_python(self, mode="python", by_alias=True)
        return document

    def _count_interval(self, observed_at: datetime, *, covered: bool) -> dict[str, CoverageCount]:
        week = format_week(observed_at)
        before = self.coverage_by_week.get(week, CoverageCount())
        weeks = {**self.coverage_by_week, week: CoverageCount(before.intervals + 1, before.covered + covered)}
        return {name: weeks[name] for name in sorted(weeks)[-MAX_WEEKS:]}


_REGISTER = TypeAdapter(OutcomeRegister)


def register_from_document(document: Mapping[str, Any]) -> OutcomeRegister:
    """Return the register that ``to_document`` wrote, or an empty one for an empty document.

    Raises:
        MisconfiguredError: the document has another version or shape. Recording never starts over on its own.
    """
    try:
        return _REGISTER.validate_python(document)
    except ValidationError as exc:
        reasons = explain_validation_error(exc, document="the register")
        raise MisconfiguredError(f"register of outcomes: {reasons}; restore the document") from exc
