"""Turns documents into Firestore's protobuf values and back.

Filled in on the raw protobuf classes: the client library's own encoder wraps every value in a second object, which
costs several times as much on the ingest path (``benchmarks/ingest_store.py`` measures the whole of it).
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECONDS_A_DAY = 86_400
_SCALARS: dict[type, str] = {
    str: "string_value",
    bool: "boolean_value",
    int: "integer_value",
    float: "double_value",
    bytes: "bytes_value",
}


def fill(target: Any, value: Any) -> None:
    """Set the empty protobuf ``Value`` to a checked value."""
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
        setattr(target, next(name for kind, name in _SCALARS.items() if isinstance(value, kind)), value)


def fill_fields(target: Any, items: Iterable[tuple[str, Any]]) -> None:
    """Set the fields of an empty protobuf map."""
    for name, value in items:
        fill(target[name], value)


def _fill_list(target: Any, values: Iterable[Any]) -> None:
    target.SetInParent()
    for value in values:
        fill(target.values.add(), value)


def set_time(target: Any, moment: datetime) -> None:
    """Set a protobuf ``Timestamp``, exact to the microsecond."""
    since = moment - EPOCH
    target.seconds = since.days * _SECONDS_A_DAY + since.seconds
    target.nanos = since.microseconds * 1000
    target.SetInParent()


def plain(value: Any) -> Any:
    """Return what a protobuf ``Value`` holds; times are in UTC, to the microsecond."""
    kind = value.WhichOneof("value_type")
    if kind == "map_value":
        return plain_fields(value.map_value.fields)
    if kind == "array_value":
        return [plain(one) for one in value.array_value.values]
    if kind == "timestamp_value":
        moment = value.timestamp_value
        return EPOCH + timedelta(seconds=moment.seconds, microseconds=moment.nanos // 1000)
    return None if kind in (None, "null_value") else getattr(value, kind)


def plain_fields(fields: Any) -> dict[str, Any]:
    """Return what a protobuf map of values holds."""
    return {name: plain(value) for name, value in fields.items()}
