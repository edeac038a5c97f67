"""A client's own field maps as documents."""

from collections.abc import Mapping

from pydantic import ValidationError

from brain.domain.feeds.field_maps import FieldMap
from brain.domain.types import explain_validation_error
from brain.errors import MisconfiguredError
from brain.ports.document_store import DocumentStore, Set, Snapshot
from brain.repositories import paths

MAX_MAPS = 100
_JSON = "json"


class FieldMaps:
    """The field maps of clients, each stored as JSON text."""

    def __init__(self, store: DocumentStore) -> None:
        self._store = store

    def get(self, client_id: str, name: str) -> FieldMap | None:
        """Return a field map of the client, None if there is none of that name.

        Raises:
            MisconfiguredError: the stored map is invalid.
        """
        snapshot = self._store.get(paths.field_map(client_id, name))
        return _to_field_map(snapshot) if snapshot else None

    def list_all(self, client_id: str) -> Mapping[str, FieldMap]:
        """Return the field maps of the client by name, at most 100."""
        snapshots = self._store.query(paths.field_maps(client_id), limit=MAX_MAPS)
        return {snapshot.id: _to_field_map(snapshot) for snapshot in snapshots}

    def put(self, client_id: str, name: str, field_map: FieldMap) -> None:
        """Store a field map of the client under a name that the caller has checked."""
        self._store.commit([Set(paths.field_map(client_id, name), {_JSON: field_map.model_dump_json()})])


def _to_field_map(snapshot: Snapshot) -> FieldMap:
    try:
        return FieldMap.model_validate_json(snapshot.data[_JSON])
    except ValidationError as exc:
        reason = explain_validation_error(exc, document="the field map")
        raise MisconfiguredError(f"invalid field map at {snapshot.path} ({reason}); set it again") from exc
