"""Every query the library asks of its store, by the module that asks it; each needs an index in production.

Filtering or ordering by another field means adding the query here; the tests then say which index is missing.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from brain.ports.document_store import DocumentStore, Filter, Snapshot
from brain.repositories import paths

SOME_TIME = datetime(2026, 11, 22, 7, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class KnownQuery:
    """One call of ``query``, or of ``count`` where ``counts``."""

    module: str
    collection: str
    where: tuple[Filter, ...] = ()
    order_by: str | None = None
    descending: bool = False
    counts: bool = False

    def ask(self, store: DocumentStore, after: Snapshot | None = None) -> None:
        """Ask it, for the page after a document if there is one."""
        if self.counts:
            store.count(self.collection, self.where)
        else:
            store.query(
                self.collection,
                self.where,
                order_by=self.order_by,
                descending=self.descending,
                limit=10,
                start_after=after,
            )

    def build_cursor(self) -> Snapshot:
        """Build the last document of a page of its results."""
        values = {condition.field: condition.value for condition in self.where}
        ordering = {self.order_by: values.get(self.order_by, SOME_TIME)} if self.order_by else {}
        return Snapshot(f"{self.collection}/some_id", values | ordering, "1")

    @property
    def collection_id(self) -> str:
        """The last segment of the collection's path."""
        return self.collection.rpartition("/")[2]

    @property
    def fields(self) -> frozenset[str]:
        """The fields it filters or orders by."""
        return frozenset(self.list_fields())

    def list_fields(self) -> list[str]:
        """List the fields it filters or orders by, each once, the ordering one last."""
        ordered = [self.order_by] if self.order_by else []
        return list(dict.fromkeys([*(condition.field for condition in self.where), *ordered]))


UNSCORED = (Filter("unscored", "==", True),)
OF_CLIENT = (Filter("client_id", "==", "acme"),)
DUE = Filter("next_try_at", "<=", SOME_TIME)
OVERDUE = Filter("open_until", "<=", SOME_TIME)
PARKED = Filter("next_try_at", "==", None)
NEW = Filter("first_seen", ">=", SOME_TIME)

KNOWN_QUERIES = (
    KnownQuery("repositories.clients", paths.CLIENTS, (Filter("shop", "==", True),)),
    KnownQuery("repositories.clients", paths.CLIENTS),
    KnownQuery("repositories.clients", paths.events("acme")),
    KnownQuery("repositories.gateway.field_maps", paths.field_maps("acme")),
    KnownQuery("repositories.gateway.feed_warnings", paths.warnings("acme")),
    KnownQuery("repositories.gateway.events", paths.events("acme"), UNSCORED, order_by="occurred_at"),
    KnownQuery(
        "repositories.analysis.outcomes",
        paths.scores("acme"),
        (Filter("matures_at", ">=", SOME_TIME), Filter("matures_at", "<=", SOME_TIME)),
        order_by="matures_at",
    ),
    KnownQuery(
        "repositories.analysis.outcomes",
        paths.outcomes("acme"),
        (Filter("learn_at", ">=", SOME_TIME),),
        order_by="learn_at",
    ),
    KnownQuery(
        "repositories.analysis.outcomes",
        paths.outcomes("acme"),
        (Filter("learn_at", "<=", SOME_TIME),),
        order_by="learn_at",
        descending=True,
    ),
    KnownQuery(
        "repositories.gateway.ingest_counters",
        paths.COUNTERS,
        (Filter("hour_at", ">=", SOME_TIME), Filter("hour_at", "<", SOME_TIME)),
    ),
    KnownQuery("repositories.analysis.reports", paths.COUNTERS, order_by="week_at", descending=True),
    KnownQuery("repositories.gateway.api_keys", paths.KEYS, OF_CLIENT),
    KnownQuery("repositories.gateway.ingest_counters", paths.COUNTERS, OF_CLIENT),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, OF_CLIENT),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, OF_CLIENT),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, (*OF_CLIENT, DUE), order_by="next_try_at"),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, (Filter("client_id", ">", "acme"),)),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, (*OF_CLIENT, DUE), counts=True),
    KnownQuery("repositories.jobs.runs", paths.RUNS, (OVERDUE,), order_by="open_until"),
    KnownQuery("repositories.jobs.runs", paths.RUNS, (OVERDUE,), counts=True),
    KnownQuery("repositories.gateway.erasures", paths.events("acme")),
    KnownQuery("services.gateway.resolve_existing", paths.revisions("acme", "evt_1")),
    KnownQuery("services.gateway.reconcile", paths.events("acme"), (Filter("revision", ">", 0),)),
    KnownQuery("services.gateway.reconcile", paths.revisions("acme", "evt_1")),
    KnownQuery("services.gateway.reconcile", paths.events("acme"), counts=True),
    KnownQuery("services.gateway.reconcile", paths.events("acme"), UNSCORED, counts=True),
    KnownQuery("cli.demo.findings", paths.scores("acme")),
    KnownQuery("cli.demo.findings", f"{paths.client('acme')}/reports"),
    KnownQuery("cli.demo.findings", f"{paths.client('acme')}/reports"),
    KnownQuery("cli.demo.findings", f"{paths.client('acme')}/anomalies"),
)
# The same call as above with another field: asked too, and not a call site of its own.
OTHER_FIELDS = (
    KnownQuery(
        "repositories.gateway.events",
        paths.events("acme"),
        (*UNSCORED, Filter("occurred_at", ">=", SOME_TIME)),
        order_by="occurred_at",
    ),
    KnownQuery(
        "repositories.gateway.ingest_counters",
        paths.COUNTERS,
        (Filter("week_at", ">=", SOME_TIME), Filter("week_at", "<", SOME_TIME)),
    ),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS),
    KnownQuery("repositories.gateway.dead_letters", paths.DEAD_LETTERS, (DUE,), counts=True),
    KnownQuery(
        "repositories.gateway.dead_letters", paths.DEAD_LETTERS, (Filter("next_try_at", "==", None),), counts=True
    ),
    KnownQuery(
        "repositories.gateway.dead_letters", paths.DEAD_LETTERS, (Filter("first_seen", ">=", SOME_TIME),), counts=True
    ),
    KnownQuery("services.gateway.reconcile", paths.events("acme")),
)
