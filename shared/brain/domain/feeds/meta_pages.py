"""Meta's pages: rows of insights, also nested under their ads, ad sets and campaigns, and empty pages."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from brain.domain.events import FeedType, Ignored
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.json_values import has_any, to_list, to_object, to_text
from brain.domain.feeds.meta_ads import matches_row, read_insights
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape

_EDGES: Final = {"ads": "ad_id", "adsets": "adset_id", "campaigns": "campaign_id", "insights": ""}
_PAGE_FIELDS: Final = frozenset({"data", "paging", "summary"})
_PLAIN_FIELDS: Final = frozenset({
    "id", "name", "status", "effective_status", "configured_status", "account_id", "adset_id", "campaign_id",
    "created_time", "updated_time",
})  # fmt: skip
_UNDELIVERED: Final = "an ad, ad set or campaign without delivery"
# Fields of a node that show what it is, from the most to the least specific; an ad has a creative or an ad set.
_NODE_FIELDS: Final = (
    ("ad_id", ("creative", "adset_id", "adset", "tracking_specs", "ad_review_feedback", "preview_shareable_link")),
    ("adset_id", ("campaign_id", "campaign", "targeting", "billing_event", "optimization_goal", "adset_schedule")),
    ("campaign_id", ("objective", "buying_type", "special_ad_categories", "smart_promotion_type")),
)


def matches_page(payload: JsonObject) -> bool:
    """Recognize a page by a row of insights or a node with insights in it."""
    data = payload.get("data")
    return isinstance(data, list) and any(
        isinstance(row, Mapping) and (matches_row(row) or matches_node(row)) for row in data
    )


def matches_node(payload: JsonObject) -> bool:
    """Recognize an ad, ad set, campaign or account by the rows of insights in it or in what belongs to it."""
    if "id" not in payload:
        return False
    rows = to_list(to_object(payload.get("insights")).get("data"))
    if any(isinstance(row, Mapping) and "date_start" in row for row in rows):
        return True
    return any(matches_page(to_object(payload.get(edge))) for edge in _EDGES if edge != "insights")


def read_page(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of a page of insights or of nodes with insights."""
    return _read_page(payload, context, "")


def _read_page(page: JsonObject, context: FeedContext, id_column: str) -> Iterator[FeedOutcome]:
    rows = page.get("data")
    if not isinstance(rows, list):
        yield reject_shape("a list of insights rows in data")
        return
    for row in rows:
        if not isinstance(row, Mapping):
            yield reject_shape("insights rows in data")
        elif matches_row(row):
            yield read_insights(row, context)
        else:
            yield from _read_node(row, context, id_column)


def read_node(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return every row of insights of one ad, ad set, campaign or account."""
    return _read_node(payload, context, "")


def _read_node(node: JsonObject, context: FeedContext, id_column: str) -> Iterator[FeedOutcome]:
    """Yield the rows under a node, each with the node's id; a node without any was not delivered."""
    if not has_any(node, ("id", *_EDGES)):
        yield reject_shape("insights rows, or ads with an id and insights, in data")
        return
    edges = [name for name in _EDGES if node.get(name) not in (None, [], {})]
    for name in edges:
        if not isinstance(node[name], Mapping):
            yield reject_shape(f"an object with data in {name}")
        elif name == "insights":
            yield from _read_own_insights(node, context, id_column)
        else:
            yield from _read_page(node[name], context, _EDGES[name])
    if not edges:
        yield Ignored(_UNDELIVERED)


def _read_own_insights(node: JsonObject, context: FeedContext, id_column: str) -> Iterator[FeedOutcome]:
    rows = node["insights"].get("data")
    if rows == []:
        yield Ignored(_UNDELIVERED)
        return
    node_id = to_text(node.get("id"))
    column = id_column or _infer_id_column(node, node_id or "")
    own_id = {column: node_id.removeprefix("act_")} if node_id else {}
    for row in rows if isinstance(rows, list) else [rows]:
        if isinstance(row, Mapping):
            yield read_insights({**own_id, **row}, context)
        else:
            yield reject_shape("insights rows in insights.data")


def _infer_id_column(node: JsonObject, node_id: str) -> str:
    """Return which level's id a node has: the edge that it came from is not in the payload."""
    if node_id.startswith("act_"):
        return "account_id"
    return next((column for column, names in _NODE_FIELDS if has_any(node, names)), "ad_id")


def matches_empty_page(payload: JsonObject) -> bool:
    """Recognize a page without rows, or of ads without insights: nothing was delivered."""
    data = payload.get("data")
    if not isinstance(data, list) or not _PAGE_FIELDS.issuperset(payload):
        return False
    return all(isinstance(node, Mapping) and "id" in node and _PLAIN_FIELDS.issuperset(node) for node in data)


def read_empty_page(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
    """Return the reason for which an empty page makes no event."""
    return [Ignored("an empty page of insights" if not payload["data"] else _UNDELIVERED)]


SHAPES = (
    PayloadShape(
        FeedType.ADS_META,
        "a page of Meta insights (data with date_start, impressions, spend)",
        matches_page,
        read_page,
        names=("data",),
    ),
    PayloadShape(
        FeedType.ADS_META, "an ad, ad set or campaign with insights.data", matches_node, read_node, names=tuple(_EDGES)
    ),
    PayloadShape(
        FeedType.ADS_META, "an empty page", matches_empty_page, read_empty_page, is_ambiguous=True, names=("data",)
    ),
)
