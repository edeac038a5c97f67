"""The streaming detector: judges each point against what the past of its series leads one to expect."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import exp, log
from typing import TypeAlias

from brain.domain.anomaly.alarm_gate import AlarmGate
from brain.domain.anomaly.cadence import infer_cadence
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.reading import AnomalyKind, DetectorReading
from brain.domain.anomaly.series_model import SUSTAINED, Evaluation, ExpectedBand, SeriesModel
from brain.domain.anomaly.wording import Extremes, describe_rarity, explain_alarm
from brain.domain.clients.alarm_budget import AlarmBudget
from brain.errors import InvalidInputError

PlannedSpan: TypeAlias = tuple[datetime, datetime]
_MAX_VALUE = 1e100
_LOG_TWO_THIRDS = log(2 / 3)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = _EPOCH.replace(tzinfo=None)


class Detector:
    """Judges one series point by point within an alarm budget; the reading of a point depends on no later point.

    Timestamps are either all with a time zone or all without. Hours and weekdays are read from them as they are, so
    pass the client's local time. Memory is bounded, whatever the length of the series.

    Args:
        budget: The false alarms allowed on this series.
        config: The constants of the detector.
        planned: Spans ``[start, end)`` of calendar events and campaigns; their points raise no alarm and are not
            learned.
    """

    def __init__(self, budget: AlarmBudget, config: AnomalyConfig, *, planned: Sequence[PlannedSpan] = ()) -> None:
        self._budget = budget
        self._config = config
        self._planned = tuple(planned)
        self._early_points: list[tuple[datetime, float, float]] = []
        self._model: SeriesModel | None = None
        self._gate: AlarmGate | None = None
        self._extremes = Extremes()
        self._has_time_zone: bool | None = None
        self._last_seconds = float("-inf")

    def score_point(self, timestamp: datetime, value: float | None) -> DetectorReading:
        """Judge one point, then learn from it.

        Args:
            timestamp: When the point was measured, not before the last one.
            value: The measurement; None is missing, which is neither judged nor learned and never a 0.

        Raises:
            InvalidInputError: The value is no number or beyond 1e100, the timestamp is before the last one, or
                timestamps with and without a time zone are mixed.
        """
        if value is not None and not -_MAX_VALUE <= value <= _MAX_VALUE:
            raise InvalidInputError(f"a value must be a number from -1e100 to 1e100, or None if missing, got {value}")
        seconds = self._advance(timestamp)
        if value is None or (self._planned and self._is_planned(timestamp)):
            return self._forecast(timestamp, seconds, value)
        if self._model is None or self._gate is None:
            self._collect_early_point(timestamp, seconds, value)
            return _warming_reading(timestamp, value)
        return self._judge(self._model, self._gate, timestamp, seconds, value)

    @property
    def ready_by(self) -> datetime | None:
        """When two seasons will have been observed if the points keep coming; None while their spacing is unknown."""
        if self._model is None:
            return None
        epoch = _EPOCH if self._has_time_zone else _NAIVE_EPOCH
        return epoch + timedelta(seconds=self._model.ready_seconds)

    def _advance(self, timestamp: datetime) -> float:
        """Check the order of a timestamp and return it in seconds since 1970."""
        has_time_zone = timestamp.tzinfo is not None
        if has_time_zone is not self._has_time_zone:
            self._check_time_zones(timestamp)
        seconds = (timestamp - (_EPOCH if has_time_zone else _NAIVE_EPOCH)).total_seconds()
        if seconds < self._last_seconds:
            raise InvalidInputError(
                f"timestamps must be in ascending order, got {timestamp.isoformat()} after a later one; sort by time"
            )
        self._last_seconds = seconds
        return seconds

    def _check_time_zones(self, timestamp: datetime) -> None:
        has_time_zone = timestamp.tzinfo is not None
        bounds = [bound for span in self._planned for bound in span]
        if self._has_time_zone is not None or any((bound.tzinfo is not None) is not has_time_zone for bound in bounds):
            raise InvalidInputError(
                "timestamps and planned spans must all have a time zone or all have none, "
                f"got {timestamp.isoformat()} which differs"
            )
        self._has_time_zone = has_time_zone

    def _is_planned(self, timestamp: datetime) -> bool:
        return any(start <= timestamp < end for start, end in self._planned)

    def _collect_early_point(self, timestamp: datetime, seconds: float, value: float) -> None:
        """Collect the first points until their spacing is known, then learn them."""
        self._early_points.append((timestamp, seconds, value))
        self._extremes.add(value)
        if len(self._early_points) < self._config.spacing_readings:
            return
        cadence = infer_cadence([early_seconds for _, early_seconds, _ in self._early_points], self._config)
        self._model = model = SeriesModel(cadence, self._budget, self._config)
        self._gate = AlarmGate(cadence, log(self._config.escalation_times))
        for early_timestamp, early_seconds, early_value in self._early_points:
            model.learn(early_seconds, model.evaluate(early_timestamp, early_seconds, early_value))
        self._early_points = []

    def _forecast(self, timestamp: datetime, seconds: float, value: float | None) -> DetectorReading:
        """Return the reading of a point that is not judged."""
        model = self._model
        if model is None or not model.is_ready(seconds):
            return _warming_reading(timestamp, value)
        lower, expected, upper = self._clip_at_zero(model.forecast(timestamp))
        return DetectorReading(timestamp, value, expected, lower, upper, 0.0, alarm=False, state="ready")

    def _clip_at_zero(self, band: ExpectedBand) -> ExpectedBand:
        """Cut off what lies below 0 for a series that was never negative."""
        lower, expected, upper = band
        if lower >= 0 or self._extremes.lowest < 0:
            return band
        return 0.0, max(expected, 0.0), max(upper, 0.0)

    def _judge(
        self, model: SeriesModel, gate: AlarmGate, timestamp: datetime, seconds: float, value: float
    ) -> DetectorReading:
        """Evaluate a value, return its reading, and learn from it."""
        is_ready = model.is_ready(seconds)
        evaluation = model.evaluate(timestamp, seconds, value)
        if is_ready and evaluation.surprise > model.limits.needed_surprise:
            evaluation = model.try_recovery(seconds, evaluation) or evaluation
        if is_ready:
            reading = self._build_reading(model, gate, timestamp, seconds, value, evaluation)
        else:
            reading = _warming_reading(timestamp, value)
        self._extremes.add(value)
        if model.learn(seconds, evaluation):
            gate.close_incident()
        return reading

    def _build_reading(
        self,
        model: SeriesModel,
        gate: AlarmGate,
        timestamp: datetime,
        seconds: float,
        value: float,
        evaluation: Evaluation,
    ) -> DetectorReading:
        band = lower, expected, upper = self._clip_at_zero(model.band(evaluation))
        needed = model.limits.needed_surprise
        score = compute_anomaly_score(evaluation.surprise, needed)
        if evaluation.surprise > needed:
            if gate.incident is None:
                model.remember_levels()
            kind = _classify(model.limits.most_surprising, evaluation)
            incident, alarm = gate.add_unusual(timestamp, seconds, value, kind, evaluation.surprise)
            rarity = describe_rarity(self._budget.per / self._budget.alarms, evaluation.surprise - needed)
            text = explain_alarm(value, band, self._extremes, rarity)
            return DetectorReading(
                timestamp, value, expected, lower, upper, score, alarm, "ready", incident.since, incident.kind, text
            )
        lasting = gate.add_within_limits(seconds, usual=evaluation.surprise <= 0)
        since, lasting_kind = (lasting.since, lasting.kind) if lasting else (None, None)
        return DetectorReading(timestamp, value, expected, lower, upper, score, False, "ready", since, lasting_kind)


def compute_anomaly_score(surprise: float, needed: float) -> float:
    """Return the anomaly score in [0, 1]: 0.25 at the edge of the usual peaks, 0.5 where an alarm begins.

    Args:
        surprise: The surprise of a reading, see :class:`brain.domain.anomaly.tail.Tail`; negative below the edge.
        needed: The surprise from which on a reading may be an alarm.

    Example:
        >>> [round(compute_anomaly_score(surprise, needed=4.0), 2) for surprise in (-1.0, 0.0, 4.0, 40.0)]
        [0.0, 0.25, 0.5, 0.99]
    """
    if surprise < 0:
        return 0.25 * (1 + surprise)
    if needed <= 0:
        return 1 - 0.5 * exp(-surprise)
    return 1 - 0.75 * exp(surprise / needed * _LOG_TWO_THIRDS)


def _classify(most_surprising: int, evaluation: Evaluation) -> AnomalyKind:
    if most_surprising == SUSTAINED:
        return "level_shift"
    return "spike" if evaluation.residuals[most_surprising] > 0 else "drop"


def _warming_reading(timestamp: datetime, value: float | None) -> DetectorReading:
    return DetectorReading(timestamp, value, None, None, None, 0.0, alarm=False, state="warming")


def detect(
    series: Iterable[tuple[datetime, float | None]],
    budget: AlarmBudget,
    config: AnomalyConfig,
    *,
    planned: Sequence[PlannedSpan] = (),
) -> Iterator[DetectorReading]:
    """Judge a whole series in order; yield one reading per point.

    The method follows METHODS of streaming peaks-over-threshold detection (Siffer, Fouque, Termier and Largouët, 2017)
    on the residuals of competing seasonal baselines; docs/how-it-detects.md describes it. Arguments are those of
    :class:`Detector`, and points are (timestamp, value) in any unit.

    Example:
        Sixty days of about 100, with an outage on the last one.

        >>> from brain.settings.files import load_config
        >>> days = [(datetime(2026, 1, 1) + timedelta(days=day), 100.0 + day * 7 % 11) for day in range(60)]
        >>> days[-1] = (days[-1][0], 0.0)
        >>> readings = detect(days, AlarmBudget.parse("1/30d"), load_config("brain_anomaly", AnomalyConfig))
        >>> [(f"{reading.timestamp:%d %B}", reading.kind) for reading in readings if reading.alarm]
        [('01 March', 'drop')]
    """
    detector = Detector(budget, config, planned=planned)
    for timestamp, value in series:
        yield detector.score_point(timestamp, value)
