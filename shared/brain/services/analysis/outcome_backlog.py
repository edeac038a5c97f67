"""The outcomes that were not learned from yet, in batches: read for many clients at once where a store allows it.

The register of a client's outcomes says whether it has new ones; only then are its outcomes queried.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from brain.domain.learning.outcome_rule import OutcomeRule
from brain.domain.learning.outcomes import ScoreOutcome
from brain.domain.learning.own_weights import UNKNOWN_VERTICAL
from brain.domain.learning.score_model import CURSOR_RETENTION
from brain.domain.learning.state import OutcomeCursor
from brain.domain.types import to_key_name
from brain.ports.document_sizes import measure_document
from brain.ports.document_store import DocumentStore
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import CLIENTS_PER_READ, LEARNING, OUTCOMES, StateDocument, StateDocuments
from brain.repositories.clients import Clients
from brain.services.analysis.time_limit import check_time
from brain.services.jobs.lease import Lease

BATCH_CLIENTS = 300
BATCH_BYTES = 2 * 1024 * 1024
"""Of the clients' own documents in a batch, which one commit writes."""
GROWTH_BYTES = 4096
"""How much one batch adds to a client's own document at most."""


@dataclass(frozen=True, slots=True)
class LearningClient:
    """A client with the document of its own weights and its vertical."""

    client_id: str
    document: StateDocument
    vertical: str


ClientOutcomes = tuple[LearningClient, Sequence[ScoreOutcome]]


@dataclass(slots=True)
class OutcomeBacklog:
    """The clients whose outcomes are still to be learned from, in order, each from its cursor on.

    ``pending`` are the clients that were not looked at yet, ``cursors`` the last outcomes that were learned from or
    returned. A client's outcomes are read in pages of ``page_size``, a batch has at most ``batch_outcomes``. The time
    limit of the lease is checked before every call to the store.
    """

    store: DocumentStore
    rule: OutcomeRule
    lease: Lease
    pending: deque[str]
    cursors: dict[str, OutcomeCursor]
    page_size: int
    batch_outcomes: int
    _ready: deque[LearningClient] = field(default_factory=deque, init=False)

    def read_batch(self) -> list[ClientOutcomes]:
        """Return the next outcomes of some clients, without gaps; an empty list when none is new.

        Raises:
            OutOfTimeError: The time is nearly up.
            MisconfiguredError: A document is not a valid outcome.
        """
        batch: list[ClientOutcomes] = []
        size_bytes = count = 0
        while len(batch) < BATCH_CLIENTS and count < self.batch_outcomes and self._prepare():
            client = self._ready[0]
            client_bytes = measure_document("", client.document.data) + GROWTH_BYTES
            if batch and size_bytes + client_bytes > BATCH_BYTES:
                break
            limit = min(self.page_size, self.batch_outcomes - count)
            if page := self._read_page(client.client_id, limit):
                batch.append((client, page))
                size_bytes += client_bytes
                count += len(page)
            if len(page) == limit:
                break
            self._ready.popleft()
        return batch

    def find_unfinished(self) -> str | None:
        """Return the first client that may have further outcomes and was looked at: the last of a batch, or a later."""
        return self._ready[0].client_id if self._ready else None

    def _read_page(self, client_id: str, limit: int) -> list[ScoreOutcome]:
        check_time(self.lease)
        cursor = self.cursors.get(client_id, (self.lease.scheduled_at - CURSOR_RETENTION, ""))
        page = Outcomes(self.store, self.rule).list_recorded(client_id, cursor, limit)
        if page:
            self.cursors[client_id] = (page[-1].recorded_at, page[-1].outcome_id)
        return page

    def _prepare(self) -> bool:
        """Look at further clients until one may have new outcomes; return whether there is one."""
        while self.pending and not self._ready:
            check_time(self.lease)
            client_ids = [self.pending.popleft() for _ in range(min(CLIENTS_PER_READ, len(self.pending)))]
            states = StateDocuments(self.store).read_many(client_ids, OUTCOMES, LEARNING)
            documents = {
                client_id: learning
                for client_id, (register, learning) in states.items()
                if self._may_have_new(client_id, register, learning)
            }
            verticals = Clients(self.store).get_verticals(list(documents)) if documents else {}
            self._ready += [
                LearningClient(client_id, document, to_key_name(verticals[client_id] or UNKNOWN_VERTICAL))
                for client_id, document in documents.items()
            ]
        return bool(self._ready)

    def _may_have_new(self, client_id: str, register: StateDocument, learning: StateDocument) -> bool:
        """Return whether outcomes must be queried: not if the register counts as many as were learned from.

        The latest outcome must be the last one learned from, too. A register that was lost or restored may count
        fewer; what it missed is learned from with the next outcome.
        """
        cursor = self.cursors.get(client_id)
        if cursor is None or register.data.get("last_recorded_at") != cursor[0]:
            return True
        return bool(register.data.get("recorded") != learning.data.get("outcomes"))
