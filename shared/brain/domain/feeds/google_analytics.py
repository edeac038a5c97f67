"""Google Analytics 4: reports of the Data API."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final, NamedTuple

from brain.domain.events import Draft, FeedType, Ignored, Notice, Rejected
from brain.domain.feeds import plain_rows
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.field_maps import FieldMap
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object, to_text
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape, reject_shape
from brain.domain.feeds.report_periods import read_period
from brain.domain.feeds.report_rows import resolve_total_time

COUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "views": ("screenPageViews", "views"),
    "engagements": ("engagedSessions",),
    "impressions": ("advertiserAdImpressions", "organicGoogleSearchImpressions"),
    "clicks": ("advertiserAdClicks", "organicGoogleSearchClicks"),
}
AMOUNTS: Final[Mapping[str, tuple[str, ...]]] = {
    "conversions": ("keyEvents", "conversions", "ecommercePurchases", "transactions"),
    "revenue": ("totalRevenue", "purchaseRevenue"),
    "spend": ("advertiserAdCost",),
}
PAGE_DIMENSIONS: Final = ("pagePath", "pagePathPlusQueryString", "landingPage", "pageTitle", "unifiedScreenName")
CONTENT_DIMENSIONS: Final = (
    *PAGE_DIMENSIONS, "itemId", "contentId", "sessionCampaignId", "sessionCampaignName", "campaignName",
)  # fmt: skip
# What the answer says about the quality of its figures; it is kept with every row.
_QUALITY_METADATA: Final = ("dataLossFromOtherRow", "samplingMetadatas", "subjectToThresholding", "emptyReason")
_METADATA: Final = "metadata"
_MONEY: Final = frozenset({"revenue", "spend"})


def matches_report(payload: JsonObject) -> bool:
    """Recognize a report by its headers, a batch by its first report."""
    reports = to_list(payload.get("reports"))
    first_report = to_object(reports[0]) if reports else payload
    return "metricHeaders" in first_report and has_any(first_report, ("dimensionHeaders", "rows"))


def read_report(payload: JsonObject, context: FeedContext) -> Iterable[FeedOutcome]:
    """Return one event per row of a report, or of every report of a batch."""
    outcomes: list[FeedOutcome] = []
    for report in to_list(payload.get("reports")) or [payload]:
        outcomes.extend(_read_rows(report, context) if isinstance(report, Mapping) else [reject_shape("reports")])
    return outcomes or [Ignored("a report without rows")]


def _read_rows(report: Mapping[str, Any], context: FeedContext) -> Iterator[FeedOutcome]:
    dimensions, metrics = _read_names(report, "dimensionHeaders"), _read_names(report, "metricHeaders")
    rows = report.get("rows")
    if dimensions is None or metrics is None or not isinstance(rows, list | None):
        yield reject_shape("lists of headers with names, and a list of rows")
        return
    origin = _read_origin(report, context)
    if isinstance(origin, Rejected):
        yield origin
        return
    for row in rows or []:
        dimension_values = _read_values(row, "dimensionValues", len(dimensions))
        metric_values = _read_values(row, "metricValues", len(metrics))
        if dimension_values is None or metric_values is None:
            yield reject_shape("rows with one value per header")
            continue
        row_dimensions = dict(zip(dimensions, dimension_values, strict=True))
        row_metrics = dict(zip(metrics, metric_values, strict=True))
        if context.field_map is not None:
            yield _read_mapped_row(row_dimensions, row_metrics, origin, context.field_map)
        else:
            yield _read_row(row_dimensions, row_metrics, origin, context)


def _read_names(report: Mapping[str, Any], name: str) -> list[str] | None:
    """Return the names of the headers, None if they are not a list of objects with names."""
    headers = report.get(name)
    if headers is None:
        return []
    names = [to_text(to_object(header).get("name")) for header in headers] if isinstance(headers, list) else [None]
    return None if None in names else [header_name for header_name in names if header_name]


def _read_values(row: Any, name: str, count: int) -> list[Any] | None:
    """Return the values of a row, None if it has not one per header; a report without dimensions has none."""
    values = to_object(row).get(name)
    if values is None and not count:
        return []
    if not isinstance(values, list) or len(values) != count or not all(isinstance(value, Mapping) for value in values):
        return None
    return [value.get("value") for value in values]


class _Origin(NamedTuple):
    """Where the rows of a report come from: the property it names, else that of the request; and their quality."""

    named_property: str
    request_property: str | None
    currency: str | None
    metadata: Mapping[str, Any]
    notices: tuple[Notice, ...]

    @property
    def property_id(self) -> str:
        """The property, an empty text if it is unknown."""
        return self.named_property or self.request_property or ""


def _read_origin(report: Mapping[str, Any], context: FeedContext) -> _Origin | Rejected:
    """Return the origin of a report, or the rejection of one that could be of any of the client's properties."""
    named = first_text(report, ("property", "propertyId")) or ""
    requested = None if named else _find_requested_property(context)
    metadata = to_object(report.get("metadata"))
    notices = list(_note_quality(metadata))
    if not (named or requested):
        if context.is_single_property is False:
            return Rejected("missing_property", _NAME_PROPERTY)
        notices.append(Notice("missing_property", _NAME_PROPERTY))
    quality = {name: metadata[name] for name in _QUALITY_METADATA if metadata.get(name)}
    return _Origin(named, requested, to_text(metadata.get("currencyCode")), quality, tuple(notices))


def _find_requested_property(context: FeedContext) -> str | None:
    """Return the property of the request, which is the client's own where none is named, or that of the field map."""
    mapped = context.field_map.property_id if context.field_map else None
    return (context.property_id or mapped or "").removeprefix("properties/") or None


_NAME_PROPERTY: Final = (
    "a GA4 report must come with its property, got none; name it by property= in the URL, by the header X-GA4-Property "
    "or by property_id of the field map, or set the client's only one by `brain clients set --ga4-property`"
)


def _note_quality(metadata: Mapping[str, Any]) -> Iterator[Notice]:
    if metadata.get("dataLossFromOtherRow"):
        message = (
            "rows must be complete, got dataLossFromOtherRow: GA4 folded rare values into (other); request fewer "
            "dimensions or shorter ranges"
        )
        yield Notice("data_loss", message)
    if metadata.get("samplingMetadatas"):
        yield Notice("sampled_report", "figures must be exact, got a sampled report; request shorter date ranges")
    if metadata.get("subjectToThresholding"):
        yield Notice("thresholded_report", "rows must be complete, got a report whose small rows GA4 left out")


def _read_row(
    dimensions: Mapping[str, Any], metrics: Mapping[str, Any], origin: _Origin, context: FeedContext
) -> Draft | Rejected:
    """Return one row. Its users are not an audience: the same user counts in several rows."""
    builder = DraftBuilder({"dimensions": dimensions, "metrics": metrics})
    for metric, names in COUNTS.items():
        builder.add_count(metric, metrics, *names)
    for metric, names in AMOUNTS.items():
        builder.add_amount(metric, metrics, *names)
    total_time = resolve_total_time(builder, read_period(builder, dimensions), context)
    values = tuple(f"{name}={dimensions[name]}" for name in sorted(dimensions))
    return builder.build(
        FeedType.WAREHOUSE,
        total_time.occurred_at,
        undated=total_time.undated,
        raw={**builder.payload, _METADATA: origin.metadata} if origin.metadata else builder.payload,
        content_key=("ga4", origin.property_id, *values),
        former_key=("ga4", "", *values) if origin.request_property else (),
        notices=origin.notices,
        cumulative=True,
        currency=origin.currency if _MONEY.intersection(builder.metrics) else None,
        content_id=first_text(dimensions, CONTENT_DIMENSIONS),
        content_type="page" if any(dimensions.get(name) for name in PAGE_DIMENSIONS) else None,
        platform="web",
        volatile=frozenset({_METADATA}),
    )


def _read_mapped_row(
    dimensions: Mapping[str, Any], metrics: Mapping[str, Any], origin: _Origin, field_map: FieldMap
) -> Draft | Rejected:
    """Return one row as a plain row of its dimensions and metrics, with the property as one more dimension."""
    named = {"property": origin.property_id} if origin.property_id else {}
    draft = plain_rows.read_mapped_row({**named, **dimensions, **metrics}, field_map, (*named, *dimensions))
    return replace(draft, notices=(*draft.notices, *origin.notices)) if isinstance(draft, Draft) else draft


SHAPES = (
    PayloadShape(
        FeedType.WAREHOUSE,
        "a GA4 report (dimensionHeaders, metricHeaders, rows)",
        matches_report,
        read_report,
        names=("reports", "metricHeaders"),
    ),
)
