"""What the spacing of a series implies: which seasons it can show, and how long its windows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from brain.domain.anomaly.config import AnomalyConfig

DAY_SECONDS = 86_400.0
WEEK_SECONDS = 7 * DAY_SECONDS
_MAX_SUB_DAILY_SECONDS = DAY_SECONDS / 4
_HOURS_PER_WEEK = 168


@dataclass(frozen=True, slots=True)
class SeasonCycle:
    """One season: its length, its number of slots, and how many readings fall into a slot per cycle."""

    length_seconds: float
    slots: int
    readings_per_slot: float


_NO_SEASON = SeasonCycle(length_seconds=0.0, slots=1, readings_per_slot=1.0)


@dataclass(frozen=True, slots=True)
class Cadence:
    """The windows and seasons of a series with one reading every ``interval_seconds``.

    The first cycle is no season at all. Readings at least four times a day can show a daily and a weekly season; rarer
    ones, such as daily totals, a weekly one. With ``uses_square_roots``, values are compared by their square roots,
    which makes the noise of counts and sums about equal on busy and quiet days. During the burn-in the tails of the
    residuals are not learned.
    """

    interval_seconds: float
    uses_square_roots: bool
    cycles: tuple[SeasonCycle, ...]
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
    burn_in_seconds: float
    refractory_seconds: float
    incident_gap_seconds: float
    stale_seconds: float

    def slots(self, timestamp: datetime) -> tuple[int, ...]:
        """Return the slot of each cycle, in order, into which a timestamp falls by its own wall clock."""
        hour_of_week = timestamp.weekday() * 24 + timestamp.hour
        if not self.uses_square_roots:
            return 0, int((timestamp.hour * 60 + timestamp.minute) // self.slot_minutes), hour_of_week
        return 0, hour_of_week if self.interval_seconds < DAY_SECONDS / 2 else timestamp.weekday() * 24


def infer_cadence(seconds: Sequence[float], config: AnomalyConfig) -> Cadence:
    """Infer the cadence of a series from its first timestamps.

    The interval is the median of the gaps above zero, or a day without any.

    Args:
        seconds: Times in seconds since any fixed moment, in ascending order.
        config: The constants of the detector.

    Example:
        >>> from brain.settings.files import load_config
        >>> cadence = infer_cadence([0.0, 3600.0, 7200.0, 10800.0], load_config("brain_anomaly", AnomalyConfig))
        >>> cadence.interval_seconds, [cycle.slots for cycle in cadence.cycles]
        (3600.0, [1, 24, 168])
    """
    gaps = sorted(later - earlier for earlier, later in pairwise(seconds) if later > earlier)
    interval = gaps[len(gaps) // 2] if gaps else DAY_SECONDS
    return _sub_daily(interval, config) if interval <= _MAX_SUB_DAILY_SECONDS else _daily(interval, config)


def _sub_daily(interval: float, config: AnomalyConfig) -> Cadence:
    slot_seconds = max(config.season.slot_minutes * 60.0, interval)
    level_readings = max(config.fast_readings, min(round(DAY_SECONDS / interval), config.level_readings))
    return Cadence(
        interval_seconds=interval,
        uses_square_roots=False,
        cycles=(
            _NO_SEASON,
            SeasonCycle(DAY_SECONDS, int(-(-DAY_SECONDS // slot_seconds)), max(1.0, slot_seconds / interval)),
            SeasonCycle(WEEK_SECONDS, _HOURS_PER_WEEK, max(1.0, 3600 / interval)),
        ),
        slot_minutes=slot_seconds / 60,
        fast_readings=config.fast_readings,
        level_readings=level_readings,
        shift_readings=max(4, round(level_readings * config.shift_share)),
        block_seconds=max(config.tail.block_hours * 3600, interval),
        top_share=config.tail.top_share,
        tail_power=config.tail.power,
        prior_peaks=config.tail.prior_peaks,
        mirrored_blocks=0.0,
        warm_up_seconds=2 * DAY_SECONDS,
        warm_up_readings=2 * config.fast_readings,
        burn_in_seconds=0.0,
        refractory_seconds=config.refractory_hours * 3600,
        incident_gap_seconds=config.incident_gap_hours * 3600,
        stale_seconds=max(config.stale_hours * 3600, config.fast_readings / 2 * interval),
    )


def _daily(interval: float, config: AnomalyConfig) -> Cadence:
    readings_per_week = max(1.0, WEEK_SECONDS / interval)
    level_readings = max(config.level_days, round(config.level_days * readings_per_week / 7))
    return Cadence(
        interval_seconds=interval,
        uses_square_roots=True,
        cycles=(_NO_SEASON, SeasonCycle(WEEK_SECONDS, _HOURS_PER_WEEK, 1.0)),
        slot_minutes=60.0,
        fast_readings=0,
        level_readings=level_readings,
        shift_readings=max(4, round(level_readings * config.shift_share)),
        block_seconds=interval,
        top_share=config.tail.top_share_of_readings,
        tail_power=config.tail.power_of_readings,
        prior_peaks=config.tail.prior_peaks_of_readings,
        mirrored_blocks=config.tail.mirrored_readings,
        warm_up_seconds=2 * WEEK_SECONDS - interval / 2,
        warm_up_readings=2 * 7,
        burn_in_seconds=WEEK_SECONDS - interval / 2,
        refractory_seconds=0.0,
        incident_gap_seconds=interval / 2,
        stale_seconds=config.level_days * DAY_SECONDS,
    )
