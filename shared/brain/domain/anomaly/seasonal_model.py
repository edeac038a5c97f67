"""What to expect at an hour and weekday: a level, and the seasons that improve the expectation."""

from collections.abc import Sequence
from math import inf
from statistics import median

from brain.domain.anomaly.cadence import Cadence, SeasonCycle
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.statistics.robust import RunningMedian

_READINGS_BEFORE_CLIPPING = 20
_OUTLIER_RATIO = 8.0


class SeasonalProfile:
    """The offset of each slot of a season from the level: means in the first cycle, then clipped corrections."""

    __slots__ = ("_min_gain", "_readings_per_slot", "_visits_to_min_gain", "is_settled", "offsets", "visits")

    def __init__(self, cycle: SeasonCycle, gain: float) -> None:
        self._readings_per_slot = cycle.readings_per_slot
        self._min_gain = gain / cycle.readings_per_slot
        self._visits_to_min_gain = 1 + cycle.readings_per_slot / gain
        self.offsets = [0.0] * cycle.slots
        self.visits = [0] * cycle.slots
        self.is_settled = False

    def collect(self, slot: int, residual: float) -> None:
        """Add a residual of the first cycle to the mean of its slot."""
        self.visits[slot] = n = self.visits[slot] + 1
        self.offsets[slot] += (residual - self.offsets[slot]) / n

    def settle(self) -> float:
        """End the first cycle: offsets are relative to the median of the slots from now on, which is returned."""
        visited = [slot for slot, n in enumerate(self.visits) if n]
        centre = median(self.offsets[slot] for slot in visited)
        for slot in visited:
            self.offsets[slot] -= centre
        self.is_settled = True
        return centre

    def learn(self, slot: int, error: float, limit: float) -> None:
        """Move a slot by its share of ``error``, clipped to ``limit``: 1/n in the n-th cycle, at least the gain."""
        if error > limit:
            error = limit
        elif error < -limit:
            error = -limit
        self.visits[slot] = n = self.visits[slot] + 1
        share = self._min_gain if n > self._visits_to_min_gain else 1 / (n + self._readings_per_slot - 1)
        self.offsets[slot] += error * share

    def scale(self, factor: float) -> None:
        """Multiply all offsets by ``factor``."""
        self.offsets = [offset * factor for offset in self.offsets]


class SeasonStage:
    """One hypothesis about the season: this profile on top of those before it, and the level that remains.

    ``error`` is the running mean absolute error, ``deseasonalised`` the last value without its seasons, and
    ``residual`` its distance from the level. The stage is used only after more than ``min_readings``.
    """

    __slots__ = ("deseasonalised", "error", "level", "min_readings", "profile", "readings", "residual")

    def __init__(self, profile: SeasonalProfile, level_readings: int, min_readings: int) -> None:
        self.profile = profile
        self.min_readings = min_readings
        self.level = RunningMedian(level_readings)
        self.error = 0.0
        self.readings = 0
        self.deseasonalised = 0.0
        self.residual = 0.0


class SeasonalModel:
    """Running expectations without a season, with a daily one, and with a weekly one on top.

    Each stage subtracts its profile and uses the running median of the rest as its level. A stage with a season is
    used when its running absolute error is below ``error_ratio`` times that of the stages before it. ``best`` is the
    index of the stage in use.
    """

    __slots__ = ("_active", "_config", "_cycles", "_memory", "_tolerance_seconds", "best", "stages")

    def __init__(self, cadence: Cadence, config: AnomalyConfig) -> None:
        self._config = config.season
        self._memory = 3 * cadence.level_readings
        self._cycles = cadence.cycles
        self._tolerance_seconds = cadence.interval_seconds / 2
        profiles = [SeasonalProfile(cycle, config.season.gain) for cycle in cadence.cycles]
        readings = cadence.level_readings
        self.stages = [SeasonStage(profile, readings, readings // 2 if i else 0) for i, profile in enumerate(profiles)]
        self._active = self.stages[:1]
        self.best = 0

    @property
    def best_stage(self) -> SeasonStage:
        """The stage in use."""
        return self.stages[self.best]

    @property
    def levels(self) -> list[float]:
        """The level of each stage that takes part."""
        return [stage.level.median for stage in self._active]

    def update(self, value: float, slots: Sequence[int], age_seconds: float) -> float:
        """Return the deviation of ``value`` from the expectation of the best stage; each stage then learns it, clipped.

        Args:
            value: The value on the working scale.
            slots: The slot of each cycle.
            age_seconds: The time since the first reading.
        """
        if len(self._active) < len(self.stages):
            self._collect_first_cycle(value, slots, age_seconds)
        rest, error_to_beat, memory = value, inf, self._memory
        for index, stage in enumerate(self._active):
            profile, level, slot = stage.profile, stage.level, slots[index]
            stage.deseasonalised = rest = rest - profile.offsets[slot]
            stage.residual = residual = rest - level.median if stage.readings else 0.0
            deviation = abs(residual)
            stage.readings = n = stage.readings + 1
            error = stage.error
            if n > _READINGS_BEFORE_CLIPPING and deviation > _OUTLIER_RATIO * error:
                deviation = _OUTLIER_RATIO * error
            stage.error = error = error + (deviation - error) / (n if n < memory else memory)  # noqa: FURB136 - hot
            if error < error_to_beat and n > stage.min_readings:
                self.best, error_to_beat = index, error * self._config.error_ratio
            if index:
                profile.learn(slot, residual, self._config.error_clip * error)
            level.push(rest)
        return self.stages[self.best].residual

    def _collect_first_cycle(self, value: float, slots: Sequence[int], age_seconds: float) -> None:
        """Collect the first cycle of the next stage, or end that cycle and let the stage take part."""
        index = len(self._active)
        stage = self.stages[index]
        profile = stage.profile
        is_incomplete = age_seconds < self._cycles[index].length_seconds - self._tolerance_seconds
        if is_incomplete or not any(profile.visits):
            offsets = (active.profile.offsets[slot] for active, slot in zip(self._active, slots, strict=False))
            profile.collect(slots[index], value - sum(offsets))
            return
        stage.level.restart([profile.settle()])
        stage.readings = 1
        self._active = self.stages[: index + 1]

    def adopt_recent_level(self, readings: int) -> None:
        """Take the median of the last ``readings`` values as the new level."""
        for stage in self._active:
            stage.level.restart(stage.level.values[-readings:])

    def scale_profiles(self, factor: float) -> None:
        """Let the seasons shrink or grow with the level."""
        for stage in self._active:
            stage.profile.scale(factor)

    def expect(self, slots: Sequence[int]) -> float:
        """Return what the best stage expects in ``slots``; at least one value must have been learned."""
        stages = self.stages[: self.best + 1]
        offsets = (stage.profile.offsets[slot] for stage, slot in zip(stages, slots, strict=False))
        return stages[-1].level.median + sum(offsets)

    def restore_levels(self, levels: Sequence[float], readings: int) -> None:
        """Return to earlier levels, as if the last ``readings`` values had shown them."""
        for stage, level in zip(self._active, levels, strict=False):
            stage.level.restart([level] * readings)
            stage.residual = stage.deseasonalised - level
