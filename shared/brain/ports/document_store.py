"""The port to document storage: the primitives that both Firestore and SQLite support, in Firestore's terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, Protocol, TypeAlias

from brain.errors import (
    AlreadyExistsError,
    BrainError,
    ConflictError,
    NotFoundError,
    StoreUnavailableError,
)

# None, bool, int, float, str, bytes, an aware datetime, Transform, Increment, and lists and maps of these.
Value: TypeAlias = Any
Document: TypeAlias = Mapping[str, Value]
Version: TypeAlias = str


class Transform(Enum):
    """Field values that the store fills in itself."""

    SERVER_TIME = "server_time"
    DELETE_FIELD = "delete_field"


@dataclass(frozen=True, slots=True)
class Increment:
    """A field value that adds ``by`` to the stored number without reading it; an absent number counts as 0."""

    by: int | float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document as it was read; ``version`` is opaque and changes with every write to the document."""

    path: str
    data: dict[str, Value]
    version: Version

    @property
    def id(self) -> str:
        """The last segment of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Create:
    """Write a document that must not exist yet."""

    path: str
    data: Document


@dataclass(frozen=True, slots=True)
class Set:
    """Write a whole document, replacing any existing one; with ``merge`` its other top-level fields remain."""

    path: str
    data: Document
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Change top-level fields of an existing document, with ``expect`` only if it still has that version."""

    path: str
    data: Document
    expect: Version | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete a document if it exists, with ``expect`` only if it still has that version."""

    path: str
    expect: Version | None = None


Write: TypeAlias = Create | Set | Update | Delete


class WriteStatus(StrEnum):
    """The status of one write of a batch that is not atomic."""

    WRITTEN = "written"
    EXISTS = "exists"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The status of one write, with the error that explains any status but ``written``."""

    status: WriteStatus
    error: BrainError | None = None

    @classmethod
    def from_error(cls, error: BrainError) -> "WriteResult":
        """Return the result of a write that failed with ``error``."""
        if isinstance(error, AlreadyExistsError):
            return cls(WriteStatus.EXISTS, error)
        if isinstance(error, ConflictError | NotFoundError):
            return cls(WriteStatus.CONFLICT, error)
        if isinstance(error, StoreUnavailableError):
            return cls(WriteStatus.UNAVAILABLE, error)
        return cls(WriteStatus.REFUSED, error)


Operator: TypeAlias = Literal["==", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Filter:
    """The condition ``field op value``; a query may have ranges on one field only."""

    field: str
    op: Operator
    value: Value


class DocumentStore(Protocol):
    """Documents at paths of the form ``collection/id/collection/id``.

    Every method raises ``StoreUnavailableError`` if the store cannot be reached or is busy, and ``StoreRefusedError``
    for what no store accepts: an invalid path, a reserved id, a document over 1 MiB. A store that inherits from this
    class implements the single reads and writes by ``get_all`` and ``commit``.
    """

    def get(self, path: str) -> Snapshot | None:
        """Return the document at ``path``, or None if there is none."""
        return self.get_all([path])[0]

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths`` in order, with None for those that do not exist."""

    def create(self, path: str, data: Document) -> Version:
        """Write a new document; raises ``AlreadyExistsError`` if it exists."""
        return self.commit([Create(path, data)])[0]

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document whether or not it exists."""
        return self.commit([Set(path, data, merge)])[0]

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Change fields; raises ``NotFoundError`` if absent, ``ConflictError`` if not at version ``expect``."""
        return self.commit([Update(path, data, expect)])[0]

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Delete a document; raises ``ConflictError`` if it is not at version ``expect``."""
        self.commit([Delete(path, expect)])

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and return the result of each."""

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none and return the version of each; raises as the single writes do."""

    def query(
        self,
        collection: str,
        where: Sequence[Filter] = (),
        *,
        order_by: str | None = None,
        descending: bool = False,
        limit: int | None = None,
        start_after: Snapshot | None = None,
    ) -> list[Snapshot]:
        """Return documents of one collection, ordered by id or by a field and then by id."""

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return the number of matching documents of a collection without reading them."""

    def close(self) -> None:
        """Close connections and files."""


class EventWriter(Protocol):
    """Asynchronous writes for the ingest path; concurrent callers may share a commit."""

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return the results once they are durable."""

    async def aclose(self) -> None:
        """Close connections."""
