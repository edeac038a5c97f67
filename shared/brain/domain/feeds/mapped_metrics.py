"""The metrics of a row by its field map: sums of columns, whose numbers are written as the map declares."""

from typing import Any, Final

from brain.domain.events import AMOUNT_METRICS
from brain.domain.feeds.decimal_marks import parse_with_decimal_mark
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.feeds.json_values import MICROS_PER_UNIT, may_group_thousands
from brain.domain.feeds.payload_shapes import JsonObject
from brain.errors import InvalidInputError

_AMBIGUOUS: Final = (
    "expected a number in plain digits, got one whose point may separate thousands; set decimal in the field map"
)


def add_mapped_metrics(builder: DraftBuilder, row: JsonObject, field_map: FieldMap) -> None:
    """Set every metric of the map that a row reports; a number that cannot be read, or in two ways, is a fault."""
    for metric, columns in field_map.metrics.items():
        numbers = {name: _read_number(builder, row, name, field_map) for name in columns if name in row}
        if metric in AMOUNT_METRICS:
            builder.add_amount(metric, numbers, *columns, unit=MICROS_PER_UNIT if metric in field_map.micros else 1)
        else:
            builder.add_sum(metric, numbers, *columns)


def _read_number(builder: DraftBuilder, row: JsonObject, name: str, field_map: FieldMap) -> Any:
    """Return a number as it is in the row, or read with the map's decimal mark."""
    value = row[name]
    if field_map.decimal is None:
        if field_map.delimiter == ";" and may_group_thousands(value):
            builder.faults.append(f"{name}: {_AMBIGUOUS}")
            return None
        return value
    try:
        return parse_with_decimal_mark(value, field_map.decimal)
    except InvalidInputError as error:
        builder.faults.append(f"{name}: {error.message}")
        return None
