"""What the shop's tables and columns are called (``config/warehouse.yaml``)."""

from typing import Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import StrictModel

MAPPABLE = ("sales", "weather_hourly", "calendar_events", "stores")


class TableNames(StrictModel):
    """A table of the shop's own: its name, and its columns where they are called otherwise or are absent (None)."""

    name: str = Field(min_length=1)
    columns: dict[str, str | None] = Field(default_factory=dict)
    times_are: Literal["local", "utc"] = "local"


class WarehouseConfig(StrictModel):
    """The shop's names and the limits of an import."""

    tables: dict[str, TableNames] = Field(default_factory=dict)
    default_time_zone: str = "UTC"
    default_country: str | None = None
    bad_lines_shown: int = Field(default=20, ge=1, le=1000)
    batch_lines: int = Field(default=10_000, ge=1, le=100_000)

    @model_validator(mode="after")
    def _only_the_shop_s_tables(self) -> Self:
        unknown = sorted(set(self.tables) - set(MAPPABLE))
        if unknown:
            raise ValueError(f"tables may name {', '.join(MAPPABLE)}, not {', '.join(unknown)}")
        return self
