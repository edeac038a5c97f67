"""What to expect at this hour and weekday: a level and the seasons that make the expectation better."""

from collections.abc import Sequence
from math import inf
from statistics import median

from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.rhythm import Cycle, Rhythm
from brain.domain.statistics.robust import RunningMedian

_TRUSTED_AFTER = 20
_WILD = 8.0


class Profile:
    """How far each slot of a season lies from the level: means in the first cycle, then clipped corrections."""

    __slots__ = ("_least", "_per_slot", "_practised", "offsets", "settled", "visits")

    def __init__(self, cycle: Cycle, gain: float) -> None:
        self._per_slot = cycle.readings_per_slot
        self._least = gain / cycle.readings_per_slot
        self._practised = 1 + cycle.readings_per_slot / gain
        self.offsets = [0.0] * cycle.slots
        self.visits = [0] * cycle.slots
        self.settled = False

    def collect(self, slot: int, value: float) -> None:
        """Take a value of the first cycle."""
        self.visits[slot] = n = self.visits[slot] + 1
        self.offsets[slot] += (value - self.offsets[slot]) / n

    def settle(self) -> float:
        """End the first cycle: from now on offsets are from the slots' median, which is returned."""
        seen = [slot for slot, n in enumerate(self.visits) if n]
        centre = median(self.offsets[slot] for slot in seen)
        for slot in seen:
            self.offsets[slot] -= centre
        self.settled = True
        return centre

    def learn(self, slot: int, error: float) -> None:
        """Move a slot by its share of ``error``: 1/n in the n-th cycle, never less than the gain."""
        self.visits[slot] = n = self.visits[slot] + 1
        self.offsets[slot] += error * (self._least if n > self._practised else 1 / (n + self._per_slot - 1))

    def scale(self, factor: float) -> None:
        """Multiply all offsets."""
        self.offsets = [offset * factor for offset in self.offsets]


class Stage:
    """One hypothesis about the season: this profile on top of those before it, and the level that it leaves."""

    __slots__ = ("error", "judged", "level", "profile", "residual", "value")

    def __init__(self, profile: Profile, level_readings: int) -> None:
        self.profile = profile
        self.level = RunningMedian(level_readings)
        self.error = 0.0
        self.judged = 0
        self.value = 0.0
        self.residual = 0.0


class Seasons:
    """Running expectations with no season, a daily one, and a weekly one on top; the simplest good one is used.

    Each stage subtracts its profile and takes the median of what is left as the level; a stage with a season is
    used when its running absolute error is below ``error_ratio`` times that of the stages before it.
    """

    __slots__ = ("_active", "_cycles", "_memory", "_rules", "_tolerance_seconds", "best", "stages")

    def __init__(self, rhythm: Rhythm, config: AnomalyConfig) -> None:
        self._rules = config.season
        self._memory = 3 * rhythm.level_readings
        self._cycles = rhythm.cycles
        self._tolerance_seconds = rhythm.interval_seconds / 2
        self.stages = [Stage(Profile(cycle, config.season.gain), rhythm.level_readings) for cycle in rhythm.cycles]
        self.resume(best=0)

    def resume(self, best: int) -> None:
        """Go on with the stages that are settled, of which ``best`` is in use."""
        settled = sum(stage.profile.settled for stage in self.stages[1:])
        self._active = self.stages[: 1 + settled]
        self.best = best

    def take(self, value: float, slots: Sequence[int], age_seconds: float) -> float:
        """Return how far ``value`` lies from what the best stage expected; each stage then learns it, clipped."""
        if len(self._active) < len(self.stages):
            self._settle(value, slots, age_seconds)
        rest, lowest, memory = value, inf, self._memory
        for index, stage in enumerate(self._active):
            profile, level, slot = stage.profile, stage.level, slots[index]
            stage.value = rest = rest - profile.offsets[slot]
            stage.residual = residual = rest - level.median if stage.judged else 0.0
            size = -residual if residual < 0 else residual
            stage.judged = n = stage.judged + 1
            error = stage.error
            if n > _TRUSTED_AFTER and size > _WILD * error:
                size = _WILD * error
            stage.error = error = error + (size - error) / (n if n < memory else memory)  # noqa: FURB136 - hot
            if error < lowest and (index == 0 or n > memory // 6):
                self.best, lowest = index, error * self._rules.error_ratio
            if index:
                limit = self._rules.error_clip * error
                profile.learn(slot, limit if residual > limit else -limit if residual < -limit else residual)  # noqa: FURB136 - hot
            level.push(rest)
        return self.stages[self.best].residual

    def _settle(self, value: float, slots: Sequence[int], age_seconds: float) -> None:
        """Collect the first cycle of the next stage, or end it and let the stage take part."""
        index = len(self._active)
        stage = self.stages[index]
        profile = stage.profile
        early = age_seconds < self._cycles[index].length_seconds - self._tolerance_seconds
        if early or not any(profile.visits):
            rest = value - sum(s.profile.offsets[slot] for s, slot in zip(self._active, slots, strict=False))
            profile.collect(slots[index], rest)
            return
        stage.level.restart([profile.settle()])
        stage.judged = 1
        self._active = self.stages[: index + 1]

    def rebase(self, readings: int) -> None:
        """Take the last ``readings`` values for the new level."""
        for stage in self._active:
            stage.level.restart(stage.level.values[-readings:])

    def rescale(self, factor: float) -> None:
        """Let the seasons shrink or grow with the level."""
        for stage in self._active:
            stage.profile.scale(factor)

    def expected(self, slots: Sequence[int]) -> float:
        """Return what the best stage expects in ``slots``; at least one value must have been learnt."""
        stages = self.stages[: self.best + 1]
        return stages[-1].level.median + sum(s.profile.offsets[slot] for s, slot in zip(stages, slots, strict=False))

    def levels(self) -> list[float]:
        """Return the level of each stage that takes part."""
        return [stage.level.median for stage in self._active]

    def return_to(self, levels: Sequence[float], readings: int) -> None:
        """Go back to earlier levels, as if the last ``readings`` values had shown them."""
        for stage, level in zip(self._active, levels, strict=False):
            stage.level.restart([level] * readings)
            stage.residual = stage.value - level
