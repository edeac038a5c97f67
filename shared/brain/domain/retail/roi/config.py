"""The shape of ``config/brain_roi.yaml``: margins, the target, and when a figure of a decision may be given."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from brain.domain.retail.roi.decision import Kind

Share = Annotated[float, Field(gt=0, le=1)]
Count = Annotated[int, Field(ge=1)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Margins(_Part):
    """Gross margin as a share of revenue; None where nobody said."""

    default: Share | None = None
    stores: dict[str, Share] = Field(default_factory=dict)
    categories: dict[str, Share] = Field(default_factory=dict)

    def of(self, store_id: str, category: str | None) -> float | None:
        """The margin of a category, else of the store, else the default."""
        if category is not None and category in self.categories:
            return self.categories[category]
        return self.stores.get(store_id, self.default)


class RoiConfig(_Part):
    """What the file's comments say of each."""

    monthly_target: float = Field(ge=0)
    margins: Margins
    rest_days: Count
    longest_days: Count
    history_days: Count
    comparisons_back_weeks: Count
    refit_days: Count
    least_comparisons: Count
    control_worth: Share
    own_events: dict[Kind, tuple[str, ...]]
