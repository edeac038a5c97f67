"""The model of ``config/warehouse.yaml``: names of the shop's own tables and columns, and limits of an import."""

from typing import Literal, Self

from pydantic import Field, model_validator

from brain.domain.types import StrictModel

MAPPABLE_TABLES = ("sales", "weather_hourly", "calendar_events", "stores")


class TableMapping(StrictModel):
    """A table of the shop's own.

    Attributes:
        name: the name of the table.
        columns: the shop's name of each column that has another one; None where the table lacks the column.
        times_are: whether times without a time zone are local or UTC.
    """

    name: str = Field(min_length=1)
    columns: dict[str, str | None] = Field(default_factory=dict)
    times_are: Literal["local", "utc"] = "local"


class WarehouseConfig(StrictModel):
    """Tables of the shop's own by the Brain's name, defaults of new stores, and limits of an import."""

    tables: dict[str, TableMapping] = Field(default_factory=dict)
    default_time_zone: str = "UTC"
    default_country: str | None = None
    bad_lines_shown: int = Field(default=20, ge=1, le=1000)
    batch_lines: int = Field(default=10_000, ge=1, le=100_000)

    @model_validator(mode="after")
    def _check_mappable(self) -> Self:
        unknown = sorted(set(self.tables) - set(MAPPABLE_TABLES))
        if unknown:
            raise ValueError(f"tables must be among {', '.join(MAPPABLE_TABLES)}, got {', '.join(unknown)}")
        return self
