"""The model of ``config/warehouse.yaml``: names of the shop's own tables and columns, and limits of an import."""

from typing import Literal, Self

from pydantic import Field, model_validator

from brain.adapters.sql_warehouse.columns import OPTIONAL_COLUMNS, SHOP_COLUMNS
from brain.domain.types import StrictModel


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

    tables: dict[str, TableMapping]
    default_time_zone: str
    default_country: str | None
    bad_lines_shown: int = Field(ge=1, le=1000)
    batch_lines: int = Field(ge=1, le=100_000)

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        unknown = sorted(set(self.tables) - set(SHOP_COLUMNS))
        if unknown:
            raise ValueError(f"tables must be among {', '.join(SHOP_COLUMNS)}, got {', '.join(unknown)}")
        for name, mapping in self.tables.items():
            _check_columns(name, mapping)
        return self


def _check_columns(name: str, mapping: TableMapping) -> None:
    columns = [column for column, _, _ in SHOP_COLUMNS[name]]
    unknown = sorted(set(mapping.columns) - set(columns))
    if unknown:
        raise ValueError(f"tables.{name}.columns must be among {', '.join(columns)}, got {', '.join(unknown)}")
    required = sorted(
        key for key, column in mapping.columns.items() if not column and key not in OPTIONAL_COLUMNS[name]
    )
    if required:
        raise ValueError(f"tables.{name}.columns must name {', '.join(required)}, got none; name their columns")
