"""The fields that queries filter or order by; both stores index these and no others.

``firestore.indexes.json`` exempts other fields where it can, and the embedded store creates one expression index each.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueriedField:
    """A field of all collections with one id; ``is_time`` if it holds datetimes."""

    collection_id: str
    field: str
    is_time: bool = False


QUERIED_FIELDS = (
    QueriedField("clients", "shop"),
    QueriedField("events", "unscored"),
    QueriedField("scores", "matures_at", is_time=True),
    QueriedField("outcomes", "learn_at", is_time=True),
    QueriedField("counters", "client_id"),
    QueriedField("counters", "hour_at", is_time=True),
    QueriedField("counters", "week_at", is_time=True),
    QueriedField("runs", "open_until", is_time=True),
    QueriedField("keys", "client_id"),
    QueriedField("dead_letter_queue", "client_id"),
    QueriedField("dead_letter_queue", "next_try_at", is_time=True),
)
