"""Conversion between documents and Firestore's protobuf values.

This fills the raw protobuf messages: the encoder of the client library wraps each value in a second object and is
several times slower on the ingest path (see ``benchmarks/ingest_store.py``).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_PER_DAY = 86_400
_SCALARS: dict[type, str] = {
    str: "string_value",
    bool: "boolean_value",
    int: "integer_value",
    float: "double_value",
    bytes: "bytes_value",
}


def fill_value(target: Any, value: Any) -> None:
    """Set an empty protobuf ``Value`` to a checked value."""
    scalar = _SCALARS.get(type(value))
    if scalar is not None:
        setattr(target, scalar, value)
    elif value is None:
        target.null_value = 0
    elif isinstance(value, datetime):
        set_time(target.timestamp_value, value)
    elif isinstance(value, Mapping):
        target.map_value.SetInParent()
        fill_fields(target.map_value.fields, value.items())
    elif isinstance(value, list | tuple):
        _fill_list(target.array_value, value)
    else:  # a subclass, such as a StrEnum
        setattr(target, next(name for scalar, name in _SCALARS.items() if isinstance(value, scalar)), value)


def fill_fields(target: Any, items: Iterable[tuple[str, Any]]) -> None:
    """Set the fields of an empty protobuf map."""
    for name, value in items:
        fill_value(target[name], value)


def _fill_list(target: Any, values: Iterable[Any]) -> None:
    target.SetInParent()
    for value in values:
        fill_value(target.values.add(), value)


def set_time(target: Any, time: datetime) -> None:
    """Set a protobuf ``Timestamp``, exact to the microsecond."""
    since_epoch = time - EPOCH
    target.seconds = since_epoch.days * _SECONDS_PER_DAY + since_epoch.seconds
    target.nanos = since_epoch.microseconds * 1000
    target.SetInParent()


def parse_value(value: Any) -> Any:
    """Return the Python value of a protobuf ``Value``; times are in UTC, to the microsecond."""
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        return parse_fields(value.map_value.fields)
    if kind == "array_value":
        return [parse_value(item) for item in value.array_value.values]
    if kind == "timestamp_value":
        time = value.timestamp_value
        return EPOCH + timedelta(seconds=time.seconds, microseconds=time.nanos // 1000)
    return None if kind in (None, "null_value") else getattr(value, kind)


def parse_fields(fields: Any) -> dict[str, Any]:
    """Return the Python values of a protobuf map."""
    return {name: parse_value(value) for name, value in fields.items()}
