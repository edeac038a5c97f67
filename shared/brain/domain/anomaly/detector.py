"""The streaming detector: judges each point against what the past of the series leads one to expect."""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import isfinite, sqrt
from statistics import NormalDist, fmean, median
from typing import Any

from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import DEFAULT, AnomalyConfig
from brain.domain.anomaly.reading import Kind, Reading
from brain.errors import InvalidInputError

_NORMAL = NormalDist()


@dataclass(slots=True)
class _Incident:
    since: datetime
    kind: Kind
    residuals: list[float]


class Detector:
    """Judges one series, point by point, within an alarm budget; row k depends on rows up to k only.

    ``planned`` are half-open spans ``[start, end)`` of calendar events and campaigns: their points are judged but
    neither alarmed nor learnt. Stamps are either all with a time zone or all without; hours and weekdays are read
    from them as they stand, so give the client's local time.
    """

    def __init__(
        self,
        budget: AlarmBudget,
        *,
        planned: Sequence[tuple[datetime, datetime]] = (),
        config: AnomalyConfig = DEFAULT,
    ) -> None:
        self._budget = budget
        self._planned = tuple(planned)
        self._config = config
        self._history: deque[tuple[int, float]] = deque(maxlen=config.history_readings)
        self._residuals: deque[float] = deque(maxlen=config.history_readings)
        self._last_at: datetime | None = None
        self._intervals: deque[float] = deque(maxlen=15)
        self._signed = False
        self._incident: _Incident | None = None

    def score_one(self, at: datetime, value: float | None) -> Reading:
        """Judge one point, then learn from it. ``None`` is missing: it is neither judged nor learnt.

        Raises:
            InvalidInputError: when the value is not finite or the stamp is before the last one.
        """
        if value is not None and not isfinite(value):
            raise InvalidInputError(f"a value must be a finite number, or none when it is missing; got {value}")
        self._advance(at)
        forecast = self._forecast(at)
        if value is None:
            return self._reading(at, None, forecast)
        if any(start <= at < end for start, end in self._planned):
            return self._reading(at, value, forecast)
        if value < 0 and not self._signed:
            self._signed = True
            self._history = deque(((s, y * y) for s, y in self._history), self._config.history_readings)
            self._residuals.clear()
            forecast = self._forecast(at)
        return self._judge(at, value, forecast)

    def _advance(self, at: datetime) -> None:
        if self._last_at is not None:
            gap = (at - self._last_at).total_seconds()
            if gap < 0:
                raise InvalidInputError(
                    f"stamps must not go back: {at.isoformat()} came after {self._last_at.isoformat()}; sort by time"
                )
            self._intervals.append(gap)
        self._last_at = at

    def _onto(self, value: float) -> float:
        return value if self._signed else sqrt(value)

    def _back(self, y: float) -> float:
        return y if self._signed else max(y, 0.0) ** 2

    def _forecast(self, at: datetime) -> tuple[float, float] | None:
        """Expected value and half width of the band, on the working scale; None while too little was seen."""
        if len(self._history) < 7:  # noqa: PLR2004 - a first level needs one week of days
            return None
        values = [y for _, y in self._history]
        centre = fmean(values)
        effects = {}
        for slot in {s for s, _ in self._history}:
            own = [y - centre for s, y in self._history if s == slot]
            effects[slot] = sum(own) / (len(own) + 0.5) if len(own) > 1 else 0.0
        recent = list(self._history)[-self._config.level_readings :]
        level = median(y - effects[s] for s, y in recent)
        expected = level + effects.get(at.weekday(), 0.0)
        if not self._residuals:
            return expected, float("inf")
        size = sorted(abs(r) for r in self._residuals)
        spread = max(1.4826 * median(size), fmean(size), self._config.smallest_scale * max(1.0, abs(expected)))
        interval = median(self._intervals) or 1.0
        tail = -_NORMAL.inv_cdf(self._budget.per_reading(interval) / 2)
        return expected, tail * spread * self._config.tail_inflation

    @property
    def _ready(self) -> bool:
        return len(self._history) >= self._config.warm_up_readings

    def _judge(self, at: datetime, value: float, forecast: tuple[float, float] | None) -> Reading:
        y = self._onto(value)
        if forecast is None:
            self._history.append((at.weekday(), y))
            return self._reading(at, value, None)
        expected, width = forecast
        residual = y - expected
        outside = self._ready and abs(residual) > width
        alarm = False
        if outside:
            kind: Kind = "spike" if residual > 0 else "drop"
            if self._incident is None or self._incident.kind != kind:
                alarm = self._incident is None
                since = at if self._incident is None else self._incident.since
                self._incident = _Incident(since, kind, [])
            self._incident.residuals.append(residual)
        else:
            self._incident = None
        reading = self._reading(at, value, forecast, alarm=alarm)
        self._learn(at, y, residual, outside=outside)
        return reading

    def _learn(self, at: datetime, y: float, residual: float, *, outside: bool) -> None:
        if not outside:
            self._history.append((at.weekday(), y))
            self._residuals.append(residual)
            return
        incident = self._incident
        if incident is not None and len(incident.residuals) >= self._config.shift_readings:
            shift = median(incident.residuals)
            self._history = deque(((s, v + shift) for s, v in self._history), self._config.history_readings)
            self._incident = None

    def _reading(
        self, at: datetime, value: float | None, forecast: tuple[float, float] | None, *, alarm: bool = False
    ) -> Reading:
        if forecast is None or not self._ready:
            return Reading(at, value, None, None, None, 0.0, alarm=False, state="warming")
        expected, width = forecast
        score = 0.0
        if value is not None:
            ratio = abs(self._onto(max(value, 0.0) if not self._signed else value) - expected) / width
            score = ratio / (1 + ratio)
        low, mid, high = (self._back(expected + step) for step in (-width, 0.0, width))
        incident = self._incident
        text = ""
        if incident is not None and value is not None:
            text = f"expected {mid:.4g} ({low:.4g} to {high:.4g}), came {value:.4g}"
        return Reading(
            at,
            value,
            mid,
            low,
            high,
            score,
            alarm=alarm,
            state="ready",
            incident_since=incident.since if incident else None,
            kind=incident.kind if incident else None,
            explanation=text,
        )

    def to_state(self) -> dict[str, Any]:
        """The whole state as JSON-able values; budget, calendar and config are the caller's."""
        incident = self._incident
        return {
            "version": 1,
            "history": [[s, y] for s, y in self._history],
            "residuals": list(self._residuals),
            "last_at": self._last_at.isoformat() if self._last_at else None,
            "intervals": list(self._intervals),
            "signed": self._signed,
            "incident": [incident.since.isoformat(), incident.kind, incident.residuals] if incident else None,
        }

    @classmethod
    def from_state(
        cls,
        state: Mapping[str, Any],
        budget: AlarmBudget,
        *,
        planned: Sequence[tuple[datetime, datetime]] = (),
        config: AnomalyConfig = DEFAULT,
    ) -> "Detector":
        """A detector that goes on exactly where :meth:`to_state` was taken."""
        detector = cls(budget, planned=planned, config=config)
        detector._history.extend((s, y) for s, y in state["history"])
        detector._residuals.extend(state["residuals"])
        detector._last_at = datetime.fromisoformat(state["last_at"]) if state["last_at"] else None
        detector._intervals.extend(state["intervals"])
        detector._signed = state["signed"]
        if state["incident"]:
            since, kind, residuals = state["incident"]
            detector._incident = _Incident(datetime.fromisoformat(since), kind, list(residuals))
        return detector


def detect(
    series: Iterable[tuple[datetime, float | None]],
    budget: AlarmBudget,
    *,
    planned: Sequence[tuple[datetime, datetime]] = (),
    config: AnomalyConfig = DEFAULT,
) -> Iterator[Reading]:
    """Judge a whole series in order, one reading a point."""
    detector = Detector(budget, planned=planned, config=config)
    for at, value in series:
        yield detector.score_one(at, value)
