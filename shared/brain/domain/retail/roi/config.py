"""The shape of ``config/brain_roi.yaml``: margins, the target, and when a figure of a decision may be given."""

from typing import Annotated

from pydantic import Field

from brain.domain.retail.roi.decision import Kind
from brain.domain.types import PositiveInt, StrictModel

Share = Annotated[float, Field(gt=0, le=1)]


class Margins(StrictModel):
    """Gross margin as a share of revenue; None where nobody said."""

    default: Share | None = None
    stores: dict[str, Share] = Field(default_factory=dict)
    categories: dict[str, Share] = Field(default_factory=dict)

    def of(self, store_id: str, category: str | None) -> float | None:
        """The margin of a category, else of the store, else the default."""
        if category is not None and category in self.categories:
            return self.categories[category]
        return self.stores.get(store_id, self.default)


class RoiConfig(StrictModel):
    """What the file's comments say of each."""

    monthly_target: float = Field(ge=0)
    margins: Margins
    rest_days: PositiveInt
    longest_days: PositiveInt
    history_days: PositiveInt
    comparisons_back_weeks: PositiveInt
    refit_days: PositiveInt
    least_comparisons: PositiveInt
    control_worth: Share
    own_events: dict[Kind, tuple[str, ...]]
