"""The streaming detector: judges each point against what the past of the series leads one to expect."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log
from typing import Any

from brain.domain.anomaly.alarms import Alarms
from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import DEFAULT, AnomalyConfig
from brain.domain.anomaly.model import SUSTAINED, Band, SeriesModel, View
from brain.domain.anomaly.reading import Kind, Reading
from brain.domain.anomaly.rhythm import rhythm_of
from brain.domain.anomaly.state import dump, load
from brain.domain.anomaly.wording import Extremes, explanation, how_often
from brain.errors import InvalidInputError

Span = tuple[datetime, datetime]
_STATE_VERSION = 2
_LARGEST = 1e100
_LOG_TWO_THIRDS = log(2 / 3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)


class Detector:
    """Judges one series, point by point, within an alarm budget; row k depends on rows up to k only.

    ``planned`` are spans ``[start, end)`` of calendar events and campaigns: their points are judged but neither
    alarmed nor learnt. Stamps are either all with a time zone or all without; hours and weekdays are read from them
    as they stand, so give the client's local time. Memory is bounded, whatever the length of the series.
    """

    def __init__(
        self,
        budget: AlarmBudget,
        *,
        planned: Sequence[Span] = (),
        config: AnomalyConfig = DEFAULT,
    ) -> None:
        self._budget = budget
        self._planned = tuple(planned)
        self._config = config
        self._early: list[tuple[datetime, float, float]] = []
        self._model: SeriesModel | None = None
        self._alarms: Alarms | None = None
        self._extremes = Extremes()
        self._zoned: bool | None = None
        self._last_seconds = float("-inf")

    def score_one(self, at: datetime, value: float | None, *, partial: bool = False) -> Reading:
        """Judge one point, then learn from it.

        ``value`` None is missing: neither judged nor learnt, and never a zero. ``partial`` marks a bucket that is
        still filling, such as today's total: it is neither judged nor learnt either.

        Raises:
            InvalidInputError: the value is no number or beyond 1e100, the stamp is before the last one, or stamps with
                and without a time zone are mixed.
        """
        if value is not None and not -_LARGEST <= value <= _LARGEST:
            raise InvalidInputError(
                f"a value must be a number from -1e100 to 1e100, or none when it is missing; got {value}"
            )
        seconds = self._advance(at)
        if value is None or partial or (self._planned and self._is_planned(at)):
            return self._unjudged(at, seconds, value)
        if self._model is None or self._alarms is None:
            self._meet(at, seconds, value)
            return _warming(at, value)
        return self._judge(self._model, self._alarms, at, seconds, value)

    def _advance(self, at: datetime) -> float:
        zoned = at.tzinfo is not None
        if zoned is not self._zoned:
            self._check_zones(at, zoned=zoned)
        seconds = (at - (_EPOCH if zoned else _NAIVE_EPOCH)).total_seconds()
        if seconds < self._last_seconds:
            raise InvalidInputError(f"stamps must not go back: {at.isoformat()} came after a later one; sort by time")
        self._last_seconds = seconds
        return seconds

    def _check_zones(self, at: datetime, *, zoned: bool) -> None:
        spans = [moment for span in self._planned for moment in span]
        if self._zoned is not None or any((moment.tzinfo is not None) is not zoned for moment in spans):
            raise InvalidInputError(
                f"stamps and planned spans must all have a time zone or all have none; {at.isoformat()} differs"
            )
        self._zoned = zoned

    def _is_planned(self, at: datetime) -> bool:
        return any(start <= at < end for start, end in self._planned)

    def _meet(self, at: datetime, seconds: float, value: float) -> None:
        """Keep the first points until their spacing is known, then learn them."""
        self._early.append((at, seconds, value))
        self._extremes.add(value)
        if len(self._early) < self._config.spacing_readings:
            return
        rhythm = rhythm_of([seconds for _, seconds, _ in self._early], self._config)
        self._model = model = SeriesModel(rhythm, self._budget, self._config)
        self._alarms = Alarms(rhythm, log(self._config.escalation_times))
        for moment, when, seen in self._early:
            model.learn(when, model.look(moment, when, seen))
        self._early = []

    @property
    def ready_by(self) -> datetime | None:
        """When two seasons will have been seen if the points keep coming; None while their spacing is unknown."""
        if self._model is None:
            return None
        epoch = _EPOCH if self._zoned else _NAIVE_EPOCH
        return epoch + timedelta(seconds=self._model.warm_at())

    def to_state(self) -> dict[str, Any]:
        """Return the whole state as JSON-able values; budget, calendar and constants stay with the caller."""
        known = self._extremes.count > 0
        return {
            "version": _STATE_VERSION,
            "zoned": self._zoned,
            "last_seconds": self._last_seconds if self._zoned is not None else None,
            "early": [{"at": at.isoformat(), "seconds": s, "value": value} for at, s, value in self._early],
            "count": self._extremes.count,
            "lowest": self._extremes.lowest if known else None,
            "highest": self._extremes.highest if known else None,
            "model": dump(self._model) if self._model else None,
            "alarms": self._alarms.to_state() if self._alarms else None,
        }

    @classmethod
    def from_state(
        cls,
        state: Mapping[str, Any],
        budget: AlarmBudget,
        *,
        planned: Sequence[Span] = (),
        config: AnomalyConfig = DEFAULT,
    ) -> "Detector":
        """Return a detector that goes on exactly where :meth:`to_state` was taken, with limits for ``budget``.

        Raises:
            InvalidInputError: the state is of another version of the detector.
        """
        if state.get("version") != _STATE_VERSION:
            raise InvalidInputError(
                f"a detector state must be of version {_STATE_VERSION}; got {state.get('version')}: replay the series"
            )
        detector = cls(budget, planned=planned, config=config)
        if state["zoned"] is not None:
            detector._zoned, detector._last_seconds = state["zoned"], state["last_seconds"]
        detector._early = [(datetime.fromisoformat(e["at"]), e["seconds"], e["value"]) for e in state["early"]]
        if state["count"]:
            detector._extremes = Extremes(state["count"], state["lowest"], state["highest"])
        if state["model"]:
            detector._model = model = load(state["model"], budget, config)
            detector._alarms = Alarms.from_state(state["alarms"], model.rhythm, log(config.escalation_times))
        return detector

    def _unjudged(self, at: datetime, seconds: float, value: float | None) -> Reading:
        model = self._model
        if model is None or not model.warm(seconds):
            return _warming(at, value)
        lower, expected, upper = self._possible(model.forecast(at))
        return Reading(at, value, expected, lower, upper, 0.0, alarm=False, state="ready")

    def _possible(self, band: Band) -> Band:
        """Return the band without what lies below 0, for a series that never did."""
        lower, expected, upper = band
        if lower >= 0 or self._extremes.lowest < 0:
            return band
        return 0.0, max(expected, 0.0), max(upper, 0.0)

    def _judge(self, model: SeriesModel, alarms: Alarms, at: datetime, seconds: float, value: float) -> Reading:
        warm = model.warm(seconds)
        view = model.look(at, seconds, value)
        if warm and view.surprise > model.limits.needed:
            view = model.recovered(seconds, view) or view
        reading = self._say(model, alarms, at, seconds, value, view) if warm else _warming(at, value)
        self._extremes.add(value)
        if model.learn(seconds, view):
            alarms.shift()
        return reading

    def _say(
        self, model: SeriesModel, alarms: Alarms, at: datetime, seconds: float, value: float, view: View
    ) -> Reading:
        band = lower, expected, upper = self._possible(model.band(view))
        needed = model.limits.needed
        score = anomaly_score(view.surprise, needed)
        if view.surprise > needed:
            if alarms.incident is None:
                model.mark()
            kind = _kind(model.limits.loudest, view)
            told, alarm = alarms.outside(at, seconds, value, kind, view.surprise)
            rarity = how_often(self._budget.per / self._budget.alarms, view.surprise - needed)
            text = explanation(value, band, self._extremes, rarity)
            return Reading(at, value, expected, lower, upper, score, alarm, "ready", told.since, told.kind, text)
        lasting = alarms.inside(seconds, usual=view.surprise <= 0)
        if lasting is None:
            return Reading(at, value, expected, lower, upper, score, False, "ready")
        return Reading(at, value, expected, lower, upper, score, False, "ready", lasting.since, lasting.kind)


def anomaly_score(surprise: float, needed: float) -> float:
    """Return the score in [0, 1]: to 0.25 below the usual peaks' edge, 0.5 where an alarm begins, 1 far beyond."""
    if surprise < 0:
        return 0.25 * (1 + surprise)
    if needed <= 0:
        return 1 - 0.5 * exp(-surprise)
    return 1 - 0.75 * exp(surprise / needed * _LOG_TWO_THIRDS)


def _kind(loudest: int, view: View) -> Kind:
    if loudest == SUSTAINED:
        return "level_shift"
    return "spike" if view.residuals[loudest] > 0 else "drop"


def _warming(at: datetime, value: float | None) -> Reading:
    return Reading(at, value, None, None, None, 0.0, alarm=False, state="warming")


def detect(
    series: Iterable[tuple[datetime, float | None]],
    budget: AlarmBudget,
    *,
    planned: Sequence[Span] = (),
    config: AnomalyConfig = DEFAULT,
) -> Iterator[Reading]:
    """Judge a whole series in order, one reading a point."""
    detector = Detector(budget, planned=planned, config=config)
    for at, value in series:
        yield detector.score_one(at, value)
