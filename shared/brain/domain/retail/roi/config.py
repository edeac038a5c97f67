"""The model of ``config/brain_roi.yaml``: margins, the monthly target, and requirements for a valuation."""

from typing import Annotated

from pydantic import Field, field_validator

from brain.domain.retail.roi.shop_decision import DecisionKind
from brain.domain.types import PositiveInt, StrictModel

PositiveFraction = Annotated[float, Field(gt=0, le=1)]


class Margins(StrictModel):
    """Gross margins as shares of revenue; ``default`` None means that none is known."""

    default: PositiveFraction | None
    stores: dict[str, PositiveFraction]
    categories: dict[str, PositiveFraction]

    def find_margin(self, store_id: str, category: str | None) -> float | None:
        """Return the margin of the category, or else of the store, or else the default."""
        if category is not None and category in self.categories:
            return self.categories[category]
        return self.stores.get(store_id, self.default)


class RoiConfig(StrictModel):
    """The settings that the comments of the file explain."""

    monthly_target: float = Field(ge=0)
    margins: Margins
    rest_days: PositiveInt
    longest_days: PositiveInt
    history_days: PositiveInt
    comparisons_back_weeks: PositiveInt
    refit_days: PositiveInt
    least_comparisons: PositiveInt
    control_worth: PositiveFraction
    own_events: dict[DecisionKind, tuple[str, ...]]

    @field_validator("own_events")
    @classmethod
    def _check_kinds(cls, own_events: dict[DecisionKind, tuple[str, ...]]) -> dict[DecisionKind, tuple[str, ...]]:
        if missing := [kind for kind in DecisionKind if kind not in own_events]:
            raise ValueError(f"own_events must have every kind of decision, got none for {', '.join(missing)}; add []")
        return own_events
