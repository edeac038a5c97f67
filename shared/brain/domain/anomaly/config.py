"""The model of ``config/brain_anomaly.yaml``, which holds every constant of the detector and explains it."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import PositiveFloat, StrictModel

PositiveShare = Annotated[float, Field(gt=0, le=1)]
MAX_READINGS = 100_000
"""The longest memory: eleven years of hourly readings, so that its end can always be stated as a date."""
TopShare = Annotated[float, Field(gt=0, le=0.5)]
TailPower = Annotated[float, Field(gt=0, le=2)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class SeasonConfig(StrictModel):
    """How the seasonal profiles are learned and when one is used."""

    slot_minutes: Annotated[int, Field(ge=1, le=1440)]
    gain: PositiveShare
    error_clip: PositiveFloat
    error_ratio: PositiveShare


class TailConfig(StrictModel):
    """How far beyond the usual peaks the limits lie; see :mod:`brain.domain.anomaly.tail`."""

    block_hours: PositiveFloat
    half_life_blocks: Annotated[float, Field(ge=10, allow_inf_nan=False)]
    top_share: TopShare
    top_share_of_readings: TopShare
    power: TailPower
    power_of_readings: TailPower
    heaviness: PositiveFloat
    prior_peaks: PositiveFloat
    prior_peaks_of_readings: PositiveFloat
    mirrored_readings: NonNegative
    prior_blocks: PositiveFloat


class AnomalyConfig(StrictModel):
    """Constants of the detector, none of which a user sets: the alarm budget is the only setting of a client."""

    spacing_readings: Annotated[int, Field(ge=3, le=MAX_READINGS)]
    fast_readings: Annotated[int, Field(ge=3, le=MAX_READINGS)]
    level_readings: Annotated[int, Field(ge=24, le=MAX_READINGS)]
    level_days: Annotated[int, Field(ge=7, le=MAX_READINGS)]
    sustained_readings: Annotated[float, Field(ge=1, allow_inf_nan=False)]
    shift_share: PositiveShare
    refractory_hours: NonNegative
    escalation_times: Annotated[float, Field(gt=1, allow_inf_nan=False)]
    incident_gap_hours: NonNegative
    stale_hours: NonNegative
    recovery_days: NonNegative
    smallest_scale: PositiveFloat
    season: SeasonConfig
    tail: TailConfig
