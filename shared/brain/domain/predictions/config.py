"""The constants of predictions, as set in ``config/brain_predictions.yaml``."""

from typing import Annotated

from pydantic import Field

from brain.domain.types import OpenFraction, PositiveFloat, StrictModel


class PredictionConfig(StrictModel):
    """How much data a prediction needs, the level of its interval, and how detailed the model may be."""

    reliable_from: Annotated[int, Field(ge=4)]
    level: OpenFraction
    confidence_below: OpenFraction
    confidence_factor: Annotated[float, Field(gt=1)]
    level_error: OpenFraction
    folds: Annotated[int, Field(ge=2, le=20)]
    cutoffs: Annotated[int, Field(ge=2, le=50)]
    cutoffs_from: Annotated[int, Field(ge=10)]
    half_lives_days: tuple[PositiveFloat, ...]
    category_up_to_values: Annotated[int, Field(ge=2)]
    finest_bins: Annotated[int, Field(ge=2)]
    cross_bins: Annotated[int, Field(ge=2)]
    most_steps: Annotated[int, Field(ge=1)]
    least_gain: PositiveFloat
    clip_scales: PositiveFloat
    error_memory: Annotated[float, Field(gt=0, le=1)]
