"""The detector's constants, as ``config/brain_anomaly.yaml`` states them."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brain.errors import MisconfiguredError


class AnomalyConfig(BaseModel):
    """Constants of the detector that no user sets; the alarm budget is the user's only setting."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    warm_up_readings: int = Field(default=14, ge=3)
    history_readings: int = Field(default=70, ge=14)
    level_readings: int = Field(default=7, ge=3)
    shift_readings: int = Field(default=4, ge=2)
    tail_inflation: float = Field(default=1.3, ge=1)
    smallest_scale: float = Field(default=0.001, gt=0)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> "AnomalyConfig":
        """Read the parsed YAML file.

        Raises:
            MisconfiguredError: naming the first wrong field.
        """
        try:
            return cls.model_validate(mapping)
        except ValidationError as exc:
            first = exc.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            raise MisconfiguredError(f"config/brain_anomaly.yaml, {place}: {first['msg']}; mend the file") from exc


DEFAULT = AnomalyConfig()
