"""The constants of predictions, as ``config/brain_predictions.yaml`` states them."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from brain.errors import MisconfiguredError

Open = Annotated[float, Field(gt=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]


class PredictionConfig(BaseModel):
    """What counts as enough, how wide an interval is, and how much detail the model may try."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reliable_from: Annotated[int, Field(ge=4)]
    level: Open
    confidence_below: Open
    confidence_factor: Annotated[float, Field(gt=1)]
    level_error: Open
    folds: Annotated[int, Field(ge=2, le=20)]
    cutoffs: Annotated[int, Field(ge=2, le=50)]
    cutoffs_from: Annotated[int, Field(ge=10)]
    half_lives_days: tuple[Positive, ...]
    category_up_to_values: Annotated[int, Field(ge=2)]
    finest_bins: Annotated[int, Field(ge=2)]
    cross_bins: Annotated[int, Field(ge=2)]
    most_steps: Annotated[int, Field(ge=1)]
    least_gain: Positive
    clip_scales: Positive
    error_memory: Annotated[float, Field(gt=0, le=1)]


def load_prediction_config(parsed: Mapping[str, Any]) -> PredictionConfig:
    """Return the checked constants from the parsed YAML.

    Raises:
        MisconfiguredError: a constant is missing, unknown or out of range.
    """
    try:
        return PredictionConfig.model_validate(parsed)
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise MisconfiguredError(f"config/brain_predictions.yaml is wrong at {place}: {first['msg']}.") from exc
