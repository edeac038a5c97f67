"""The fields that queries filter or order by; both stores index these and no others.

``firestore.indexes.json`` exempts other fields where it can and has the composite indexes; the embedded store creates
one expression index for each entry.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueriedField:
    """A field of all collections with one id; with ``order_by``, the documents of one value are ordered by that."""

    collection_id: str
    field: str
    order_by: str | None = None


QUERIED_FIELDS = (
    QueriedField("clients", "shop"),
    QueriedField("events", "unscored", order_by="occurred_at"),
    QueriedField("scores", "matures_at"),
    QueriedField("outcomes", "learn_at"),
    QueriedField("counters", "client_id"),
    QueriedField("counters", "hour_at"),
    QueriedField("counters", "week_at"),
    QueriedField("runs", "open_until"),
    QueriedField("keys", "client_id"),
    QueriedField("dead_letter_queue", "client_id"),
    QueriedField("dead_letter_queue", "client_id", order_by="next_try_at"),
    QueriedField("dead_letter_queue", "next_try_at"),
    QueriedField("dead_letter_queue", "first_seen"),
)
