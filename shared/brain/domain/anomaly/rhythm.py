"""What the spacing of a series means for it: which seasons it can show, and how long its windows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from brain.domain.anomaly.config import AnomalyConfig

DAY_SECONDS = 86_400.0
WEEK_SECONDS = 7 * DAY_SECONDS
_SUB_DAILY_SECONDS = DAY_SECONDS / 4
_HOURS_OF_WEEK = 168


@dataclass(frozen=True, slots=True)
class Cycle:
    """One season: its length, its number of slots, and how many readings fall into a slot each time round."""

    length_seconds: float
    slots: int
    readings_per_slot: float


_NONE = Cycle(length_seconds=0.0, slots=1, readings_per_slot=1.0)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The windows and seasons of a series with one reading every ``interval_seconds``.

    The first cycle is no season at all. Readings at least four times a day can show a daily and a weekly season;
    rarer ones, such as daily totals, a weekly one. ``rooted`` says that values are compared by their square roots,
    which makes the noise of counts and sums about equal on busy and quiet days.
    """

    interval_seconds: float
    rooted: bool
    cycles: tuple[Cycle, ...]
    slot_minutes: float
    fast_readings: int
    level_readings: int
    shift_readings: int
    block_seconds: float
    top_share: float
    tail_power: float
    prior_peaks: float
    mirrored_blocks: float
    warm_up_seconds: float
    warm_up_readings: int
    unlearnt_seconds: float
    refractory_seconds: float
    incident_gap_seconds: float
    stale_seconds: float

    def slots(self, at: datetime) -> tuple[int, ...]:
        """Return the slot of each cycle, in order, that ``at`` falls into by its own wall clock."""
        if not self.rooted:
            return 0, int((at.hour * 60 + at.minute) // self.slot_minutes), at.weekday() * 24 + at.hour
        return 0, at.weekday() * 24 + (at.hour if self.interval_seconds < DAY_SECONDS / 2 else 0)


def rhythm_of(stamps_seconds: Sequence[float], config: AnomalyConfig) -> Rhythm:
    """Return the rhythm of a series from its first stamps: the median of the gaps above zero, else a day."""
    gaps = sorted(b - a for a, b in pairwise(stamps_seconds) if b > a)
    interval = gaps[len(gaps) // 2] if gaps else DAY_SECONDS
    return _sub_daily(interval, config) if interval <= _SUB_DAILY_SECONDS else _daily(interval, config)


def _sub_daily(interval: float, config: AnomalyConfig) -> Rhythm:
    slot_seconds = max(config.season.slot_minutes * 60.0, interval)
    level = max(config.fast_readings, min(round(DAY_SECONDS / interval), config.level_readings))
    return Rhythm(
        interval_seconds=interval,
        rooted=False,
        cycles=(
            _NONE,
            Cycle(DAY_SECONDS, int(-(-DAY_SECONDS // slot_seconds)), max(1.0, slot_seconds / interval)),
            Cycle(WEEK_SECONDS, _HOURS_OF_WEEK, max(1.0, 3600 / interval)),
        ),
        slot_minutes=slot_seconds / 60,
        fast_readings=config.fast_readings,
        level_readings=level,
        shift_readings=max(4, round(level * config.shift_share)),
        block_seconds=max(config.tail.block_hours * 3600, interval),
        top_share=config.tail.top_share,
        tail_power=config.tail.power,
        prior_peaks=config.tail.prior_peaks,
        mirrored_blocks=0.0,
        warm_up_seconds=2 * DAY_SECONDS,
        warm_up_readings=2 * config.fast_readings,
        unlearnt_seconds=0.0,
        refractory_seconds=config.refractory_hours * 3600,
        incident_gap_seconds=config.incident_gap_hours * 3600,
        stale_seconds=max(config.stale_hours * 3600, config.fast_readings / 2 * interval),
    )


def _daily(interval: float, config: AnomalyConfig) -> Rhythm:
    per_week = max(1.0, WEEK_SECONDS / interval)
    level = max(config.level_days, round(config.level_days * per_week / 7))
    return Rhythm(
        interval_seconds=interval,
        rooted=True,
        cycles=(_NONE, Cycle(WEEK_SECONDS, _HOURS_OF_WEEK, 1.0)),
        slot_minutes=60.0,
        fast_readings=0,
        level_readings=level,
        shift_readings=max(4, round(level * config.shift_share)),
        block_seconds=interval,
        top_share=config.tail.top_share_of_readings,
        tail_power=config.tail.power_of_readings,
        prior_peaks=config.tail.prior_peaks_of_readings,
        mirrored_blocks=config.tail.mirrored_readings,
        warm_up_seconds=2 * WEEK_SECONDS - interval / 2,
        warm_up_readings=2 * 7,
        unlearnt_seconds=WEEK_SECONDS - interval / 2,
        refractory_seconds=0.0,
        incident_gap_seconds=interval / 2,
        stale_seconds=config.level_days * DAY_SECONDS,
    )
