"""What the recording of outcomes remembers of a client: how far it came, what is usual, and how often it was right."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import AwareDatetime, ConfigDict, TypeAdapter, ValidationError

from brain.domain.learning.learned import Record
from brain.domain.learning.meeting import Met
from brain.domain.learning.usual import Usual
from brain.domain.periods import format_week
from brain.errors import MisconfiguredError

WEEKS_KEPT = 26
MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """The last content that was looked at, in the order in which content matures."""

    matures_at: AwareDatetime
    event_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """A client's register; ``weeks`` says for each week how many intervals held what came."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False)

    reached: Reached | None = None
    last_recorded_at: AwareDatetime | None = None
    recorded: int = 0
    left_out: Mapping[str, int] = field(default_factory=dict)
    usual: Mapping[str, Usual] = field(default_factory=dict)
    weeks: Mapping[str, Record] = field(default_factory=dict)
    schema_version: Literal[1] = 1

    def next_recording(self, at: datetime) -> datetime:
        """Return the time at which outcomes are recorded now: later than any before, whatever run comes late."""
        return at if self.last_recorded_at is None else max(at, self.last_recorded_at + MOMENT)

    def entered(self, met: Met, kind: str) -> "Register":
        """Return the register with one more piece of content entered."""
        usual = self.usual if met.usual is None else {**self.usual, kind: met.usual}
        if met.outcome is None:
            reason = str(met.left_out)
            return replace(self, usual=usual, left_out={**self.left_out, reason: self.left_out.get(reason, 0) + 1})
        entered = replace(self, usual=usual, recorded=self.recorded + 1, last_recorded_at=met.outcome.recorded_at)
        if met.interval is None:
            return entered
        low, high = met.interval
        return replace(entered, weeks=self._weeks(met.outcome.observed_at, low <= met.outcome.observed <= high))

    def to_document(self) -> dict[str, Any]:
        """Return the register as plain values for a document."""
        document: dict[str, Any] = _REGISTER.dump_python(self, mode="python")
        return document

    def _weeks(self, at: datetime, right: bool) -> dict[str, Record]:
        week = format_week(at)
        before = self.weeks.get(week, Record())
        weeks = {**self.weeks, week: Record(before.asked + 1, before.right + right)}
        return {name: weeks[name] for name in sorted(weeks)[-WEEKS_KEPT:]}


_REGISTER = TypeAdapter(Register)


def read_register(document: Mapping[str, Any]) -> Register:
    """Return the register that ``to_document`` wrote, or an empty one for an empty document.

    Raises:
        MisconfiguredError: the document is of another version or shape; recording never starts over by itself.
    """
    try:
        return _REGISTER.validate_python(document)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise MisconfiguredError(f"the register of outcomes cannot be read ({place}); restore the document") from exc
