"""The detector's constants, as ``config/brain_anomaly.yaml`` states them."""

from pydantic import Field

from brain.domain.types import StrictModel


class Season(StrictModel):
    """How the seasonal profiles are learnt and when one is believed."""

    slot_minutes: int = Field(default=30, ge=1, le=1440)
    gain: float = Field(default=0.2, gt=0, le=1)
    error_clip: float = Field(default=3.0, gt=0)
    error_ratio: float = Field(default=0.9, gt=0, le=1)


class Tail(StrictModel):
    """How far beyond the usual peaks the limits lie; see :mod:`brain.domain.anomaly.tail`."""

    block_hours: float = Field(default=6, gt=0)
    half_life_blocks: float = Field(default=120, ge=10)
    top_share: float = Field(default=0.05, gt=0, le=0.5)
    top_share_of_readings: float = Field(default=0.1, gt=0, le=0.5)
    power: float = Field(default=0.5, gt=0, le=2)
    power_of_readings: float = Field(default=2, gt=0, le=2)
    heaviness: float = Field(default=1.2, gt=0)
    prior_peaks: float = Field(default=8, gt=0)
    prior_peaks_of_readings: float = Field(default=3, gt=0)
    mirrored_readings: float = Field(default=10, ge=0)
    prior_blocks: float = Field(default=20, gt=0)


class AnomalyConfig(StrictModel):
    """Constants of the detector that no user sets; the alarm budget is the user's only setting."""

    spacing_readings: int = Field(default=9, ge=3)
    fast_readings: int = Field(default=24, ge=3)
    level_readings: int = Field(default=72, ge=24)
    level_days: int = Field(default=14, ge=7)
    sustained_readings: float = Field(default=12.5, ge=1)
    shift_share: float = Field(default=0.25, gt=0, le=1)
    refractory_hours: float = Field(default=12, ge=0)
    escalation_times: float = Field(default=100, gt=1)
    incident_gap_hours: float = Field(default=3, ge=0)
    stale_hours: float = Field(default=3, ge=0)
    recovery_days: float = Field(default=7, ge=0)
    smallest_scale: float = Field(default=0.001, gt=0)
    season: Season = Season()
    tail: Tail = Tail()


DEFAULT = AnomalyConfig()
