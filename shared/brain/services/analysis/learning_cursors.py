"""Load the last outcome that was learned from of each client, and move the cursors of a former version to the clients.

A former version stored all cursors in the model's document. While that still has some, each is compared with the
client's own, and the later one counts, so that no outcome is learned from twice.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from brain.domain.learning.own_weights import OwnWeights, cursor_from_document, cursor_to_document
from brain.domain.learning.state import OutcomeCursor
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.state import CLIENTS_PER_READ, LEARNING, StateDocument, StateDocuments
from brain.services.analysis.time_limit import check_time
from brain.services.jobs.lease import Figures, Lease

Cursors = Mapping[str, OutcomeCursor]
_BEFORE_ALL: OutcomeCursor = (datetime.min.replace(tzinfo=UTC), "")


def load_cursors(
    store: DocumentStore, client_ids: Sequence[str], former: Cursors, lease: Lease, figures: Figures
) -> dict[str, OutcomeCursor]:
    """Return the cursors of the clients that have one, by client id in order.

    Load the model first: whoever learned in between has changed it, and then this worker cannot commit.

    Args:
        store: The store.
        client_ids: The clients; those of ``former`` are added.
        former: The cursors in the model's document.
        lease: The lease of the run, through which former cursors are written to their clients.
        figures: The checkpoint of these writes.

    Raises:
        OutOfTimeError: The time is nearly up.
        MisconfiguredError: A client's document has an invalid cursor.
    """
    cursors: dict[str, OutcomeCursor] = {}
    ordered = sorted({*client_ids, *former})
    for start in range(0, len(ordered), CLIENTS_PER_READ):
        check_time(lease)
        page = StateDocuments(store).read_many(ordered[start : start + CLIENTS_PER_READ], LEARNING)
        documents = {client_id: document for client_id, (document,) in page.items()}
        stored = _list_cursors(documents)
        moved = {
            client_id: former[client_id]
            for client_id in documents
            if client_id in former and former[client_id] > stored.get(client_id, _BEFORE_ALL)
        }
        if moved:
            lease.commit([_cursor_write(documents[client_id], cursor) for client_id, cursor in moved.items()], figures)
        cursors |= stored | moved
    return dict(sorted(cursors.items()))


def _list_cursors(documents: Mapping[str, StateDocument]) -> dict[str, OutcomeCursor]:
    cursors = {client_id: cursor_from_document(document.data) for client_id, document in documents.items()}
    return {client_id: cursor for client_id, cursor in cursors.items() if cursor}


def _cursor_write(document: StateDocument, cursor: OutcomeCursor) -> Write:
    """Return the write of a client's cursor, with initial own weights if the client has none yet."""
    initial = {} if document.version else OwnWeights().to_document()
    return document.write(initial | cursor_to_document(cursor))
