"""Turns the port's writes into Firestore's, with their masks, transforms and preconditions."""

import re
from typing import Any

from brain.adapters.firestore.values import fill
from brain.errors import StoreRefusedError
from brain.ports.document_store import Create, Delete, Increment, Set, Transform, Update, Version, Write

_REQUEST_TIME = 1
_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def fill_write(target: Any, write: Write, documents: str) -> None:
    """Set the empty protobuf ``Write`` to a checked write; ``documents`` is the database's root name."""
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
            fill(target.update_transforms.add(field_path=quoted(name)).increment, value.by)
        elif value is Transform.SERVER_TIME:
            target.update_transforms.add(field_path=quoted(name), set_to_server_value=_REQUEST_TIME)
        elif value is not Transform.DELETE_FIELD:
            fill(fields[name], value)
    if isinstance(write, Update) or (isinstance(write, Set) and write.merge):
        target.update_mask.SetInParent()
        changed = (name for name, value in write.data.items() if not _by_server(value))
        target.update_mask.field_paths.extend(quoted(name) for name in changed)


def _by_server(value: Any) -> bool:
    return value is Transform.SERVER_TIME or isinstance(value, Increment)


def quoted(name: str) -> str:
    """Return a literal top-level field name as a field path."""
    if _SIMPLE.fullmatch(name):
        return name
    return "`" + name.replace("\\", "\\\\").replace("`", "\\`") + "`"


def version_of(moment: Any) -> Version:
    """Return a protobuf update time as an exact version."""
    return f"{moment.seconds}.{moment.nanos:09d}"


def set_version(target: Any, version: Version) -> None:
    """Set a protobuf ``Timestamp`` to a version; raises ``StoreRefusedError`` for what is none of this store's."""
    seconds, _, nanos = version.partition(".")
    try:
        target.seconds, target.nanos = int(seconds), int(nanos)
    except ValueError as exc:
        raise StoreRefusedError(f"A version comes from a read or write of this store, not {version!r:.60}.") from exc
    target.SetInParent()
