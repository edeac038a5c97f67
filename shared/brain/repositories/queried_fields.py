"""The fields that queries filter or order by, in one place: both stores index these and no others.

``firestore.indexes.json`` exempts the rest where it may, and the embedded store makes one expression index for each.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class QueriedField:
    """A field of all collections of one id; ``is_time`` when its values are datetimes."""

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
    QueriedField("keys", "client_id"),
    QueriedField("dead_letter_queue", "client_id"),
    QueriedField("dead_letter_queue", "next_try_at", is_time=True),
)
