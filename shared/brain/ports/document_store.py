"""The narrow waist to storage: the fewest primitives that Firestore and SQLite both honour, in Firestore's words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import Any, Literal, Protocol, TypeAlias

from brain.errors import BrainError

# None, bool, int, float, str, bytes, aware datetime, Transform, Increment, and lists and maps of these.
Value: TypeAlias = Any
Document: TypeAlias = Mapping[str, Value]
Version: TypeAlias = str


class Transform(Enum):
    """Values that the store fills in itself."""

    SERVER_TIME = "server_time"
    DELETE_FIELD = "delete_field"


@dataclass(frozen=True, slots=True)
class Increment:
    """Add ``by`` to a number, an absent one counting as 0, without reading it."""

    by: int | float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A document as it was read; ``version`` changes with every write to it and means nothing else."""

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
    """Write a whole document, replacing what was there; ``merge`` keeps top-level fields that are not named."""

    path: str
    data: Document
    merge: bool = False


@dataclass(frozen=True, slots=True)
class Update:
    """Change named top-level fields of a document that must exist; ``expect`` refuses if it changed since."""

    path: str
    data: Document
    expect: Version | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove a document; absent is fine unless ``expect`` names the version that must be there."""

    path: str
    expect: Version | None = None


Write: TypeAlias = Create | Set | Update | Delete


class WriteStatus(StrEnum):
    """What became of one write of a batch that is not atomic."""

    WRITTEN = "written"
    EXISTS = "exists"
    CONFLICT = "conflict"
    UNAVAILABLE = "unavailable"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class WriteResult:
    """One write's status, with the error that explains anything but ``written``."""

    status: WriteStatus
    error: BrainError | None = None


Operator: TypeAlias = Literal["==", "<", "<=", ">", ">="]


@dataclass(frozen=True, slots=True)
class Filter:
    """``field op value``; the store refuses ranges on more than one field."""

    field: str
    op: Operator
    value: Value


class DocumentStore(Protocol):
    """Documents at ``collection/id/collection/id`` paths.

    Every method raises ``StoreUnavailableError`` when the store cannot be reached or is busy, and
    ``StoreRefusedError`` for what no store would take: an odd path, a reserved id, a document over 1 MiB.
    """

    def get(self, path: str) -> Snapshot | None:
        """Return the document at ``path`` or None."""

    def get_all(self, paths: Sequence[str]) -> list[Snapshot | None]:
        """Return the documents at ``paths``, in their order, with None where there is none."""

    def create(self, path: str, data: Document) -> Version:
        """Write a new document; raises ``AlreadyExistsError`` when there is one."""

    def set(self, path: str, data: Document, *, merge: bool = False) -> Version:
        """Write a document whatever was there."""

    def update(self, path: str, data: Document, *, expect: Version | None = None) -> Version:
        """Change fields; raises ``NotFoundError`` when absent, ``ConflictError`` when not at ``expect``."""

    def delete(self, path: str, *, expect: Version | None = None) -> None:
        """Remove a document; raises ``ConflictError`` when it is not at ``expect``."""

    def write_many(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply up to 500 writes to distinct documents, each on its own, and say for each what became of it."""

    def commit(self, writes: Sequence[Write]) -> list[Version]:
        """Apply all writes or none; raises as the single calls do. Returns one version a write, in order."""

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
        """Return documents of one collection, ordered by a field (the id breaks ties) or by id."""

    def count(self, collection: str, where: Sequence[Filter] = ()) -> int:
        """Return how many documents of a collection match, without reading them."""

    def close(self) -> None:
        """Let go of connections and files."""


class EventWriter(Protocol):
    """Asynchronous writes for the one hot path; concurrent callers may share a commit."""

    async def write(self, writes: Sequence[Write]) -> list[WriteResult]:
        """Apply the writes, each on its own, and return when each one's fate is durable."""

    async def aclose(self) -> None:
        """Let go of connections."""
