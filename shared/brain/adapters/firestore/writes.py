"""Conversion of writes into Firestore's, with their masks, transforms and preconditions."""

import re
from typing import Any

from brain.adapters.firestore.values import fill_value
from brain.errors import StoreRefusedError
from brain.ports.document_store import Create, Delete, Increment, Set, Transform, Update, Version, Write

_REQUEST_TIME = 1
_SIMPLE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fill_write(target: Any, write: Write, documents: str) -> None:
    """Set an empty protobuf ``Write`` to a checked write; ``documents`` is the resource name of all documents."""
    name = f"{documents}/{write.path}"
    if isinstance(write, Create):
        target.current_document.exists = False
    elif isinstance(write, Update | Delete) and write.expect is not None:
        set_version(target.current_document.update_time, write.expect)
    elif isinstance(write, Update):
        target.current_document.exists = True
    if isinstance(write, Delete):
        target.delete = name
        return
    target.update.name = name
    _fill_data(target, write)


def _fill_data(target: Any, write: Create | Set | Update) -> None:
    fields = target.update.fields
    for name, value in write.data.items():
        if isinstance(value, Increment):
            fill_value(target.update_transforms.add(field_path=quote_field(name)).increment, value.by)
        elif value is Transform.SERVER_TIME:
            target.update_transforms.add(field_path=quote_field(name), set_to_server_value=_REQUEST_TIME)
        elif value is not Transform.DELETE_FIELD:
            fill_value(fields[name], value)
    if isinstance(write, Update) or (isinstance(write, Set) and write.merge):
        target.update_mask.SetInParent()
        changed_names = (name for name, value in write.data.items() if not _is_computed_by_server(value))
        target.update_mask.field_paths.extend(map(quote_field, changed_names))


def _is_computed_by_server(value: Any) -> bool:
    return value is Transform.SERVER_TIME or isinstance(value, Increment)


def quote_field(name: str) -> str:
    """Return the field path of a top-level field name."""
    if _SIMPLE_NAME.fullmatch(name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def format_version(update_time: Any) -> Version:
    """Return the version that stands for a protobuf update time."""
    return f"{update_time.seconds}.{update_time.nanos:09d}"


def set_version(target: Any, version: Version) -> None:
    """Set a protobuf ``Timestamp`` to a version; raises ``StoreRefusedError`` if it is not one of this store."""
    seconds, _, nanos = version.partition(".")
    try:
        target.seconds, target.nanos = int(seconds), int(nanos)
    except ValueError as exc:
        raise StoreRefusedError(
            f"expect must be a version from a read or write of this store, got {version!r:.60}"
        ) from exc
    target.SetInParent()
