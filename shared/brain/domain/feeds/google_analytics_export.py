"""Google Analytics 4: rows of the BigQuery export, one per event of a visitor."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import FeedType
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape

_EXPORT_METRICS: Final = {
    "page_view": "views",
    "screen_view": "views",
    "click": "clicks",
    "share": "shares",
    "purchase": "conversions",
}
# What Google adds once the day is over: an event of a streamed table comes again, with these, in the table of its day.
_ADDED_LATER: Final = frozenset({
    "traffic_source", "session_traffic_source_last_click", "user_ltv", "is_active_user",
})  # fmt: skip


def matches_export(payload: JsonObject) -> bool:
    """Recognize a row of the export by its event name and time."""
    return "event_name" in payload and "event_timestamp" in payload


def read_export(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event of one visitor; one that counts for no metric makes a ``custom`` event."""
    builder = DraftBuilder(payload)
    event_name = to_text(payload.get("event_name")) or ""
    metric = _EXPORT_METRICS.get(event_name)
    if metric:
        builder.metrics[metric] = 1.0 if metric == "conversions" else 1
    builder.add_amount("revenue", to_object(payload.get("ecommerce")), "purchase_revenue")
    parameters = _read_parameters(payload)
    return [
        builder.build(
            FeedType.WAREHOUSE if metric else FeedType.CUSTOM,
            builder.read_time(payload, "event_timestamp"),
            currency=to_text(parameters.get("currency")),
            content_id=_strip_query(to_text(parameters.get("page_location"))) or to_text(parameters.get("page_title")),
            content_type=event_name or None,
            platform="web",
            creator=to_text(payload.get("user_pseudo_id")),
            personal=frozenset({"gasessionid"}),
            volatile=_ADDED_LATER,
            newly_volatile=_ADDED_LATER,
        )
    ]


def _read_parameters(event: JsonObject) -> dict[str | None, Any]:
    """Return the event's parameters by key; the export has one field per type, of which one is set."""
    parameters = [to_object(parameter) for parameter in to_list(event.get("event_params"))]
    return {to_text(parameter.get("key")): _read_typed_value(parameter) for parameter in parameters}


def _read_typed_value(parameter: Mapping[str, Any]) -> Any:
    typed_values = to_object(parameter.get("value")).values()
    return next((number_or_text for number_or_text in typed_values if number_or_text is not None), None)


def _strip_query(location: str | None) -> str | None:
    """Return the URL of a page without the query and fragment of one visit."""
    return location.split("?")[0].split("#")[0] or None if location else None


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE,
        "rows of the GA4 export (event_name, event_timestamp)",
        matches_export,
        read_export,
        names=("event_name",),
    ),
)
