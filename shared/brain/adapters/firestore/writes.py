"""Turns the port's writes into Firestore's, with their masks, transforms and preconditions."""

import re
from typing import Any

from brain.adapters.firestore.values import fill, fill_fields
from brain.errors import StoreRefusedError
from brain.ports.document_store import Create, Delete, Increment, Set, Transform, Update, Version, Write

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
    plain = write.data.items()
    if any(isinstance(value, Transform | Increment) for value in write.data.values()):
        plain = {name: value for name, value in plain if not isinstance(value, Transform | Increment)}.items()
        for name, value in write.data.items():
            _fill_transform(target, quoted(name), value)
    fill_fields(target.update.fields, plain)
    if isinstance(write, Update) or (isinstance(write, Set) and write.merge):
        target.update_mask.SetInParent()
        changed = (name for name, value in write.data.items() if not _by_server(value))
        target.update_mask.field_paths.extend(quoted(name) for name in changed)


def _by_server(value: Any) -> bool:
    return value is Transform.SERVER_TIME or isinstance(value, Increment)


def _fill_transform(target: Any, field_path: str, value: Any) -> None:
    if value is Transform.SERVER_TIME:
        target.update_transforms.add(field_path=field_path, set_to_server_value=1)
    elif isinstance(value, Increment):
        fill(target.update_transforms.add(field_path=field_path).increment, value.by)


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
