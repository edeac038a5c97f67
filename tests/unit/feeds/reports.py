"""Reports of every feed for the tests: how a row is written with an extra column, and how rows become a request."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from brain.domain.feeds.field_maps import FieldMap, TimeMapping

DAY = "2026-11-20"
Row = Mapping[str, Any]
FLAT_COLUMNS = {"text": "media_kind", "boolean": "is_prospecting", "id": "placement_ref_id"}


@dataclass(frozen=True)
class Report:
    """One kind of report.

    Attributes:
        name: its name in the tests.
        source: the feed that it is sent to.
        build_row: writes a row of a content with an extra column and figures (clicks and spend).
        build_request: makes the payload of a request out of rows.
        metrics: the metrics that the two figures become.
        sync_column: the column with the time at which a connector copied the row, if there is one.
        field_map: the field map that the rows are read by.
        columns: the extra columns by kind, in the provider's spelling.
    """

    name: str
    source: str
    build_row: Callable[[str, Row, int, int], dict[str, Any]]
    build_request: Callable[[Sequence[Row]], Any] = list
    metrics: tuple[str, str] = ("clicks", "spend")
    sync_column: str | None = None
    field_map: FieldMap | None = None
    columns: Mapping[str, str] = field(default_factory=lambda: FLAT_COLUMNS)

    def __str__(self) -> str:
        return self.name


def _google_result(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {
        "customer": {"resourceName": "customers/111", "id": "111", "currencyCode": "EUR"},
        "campaign": {"resourceName": f"customers/111/campaigns/{content}", "id": content},
        **{name: value for name, value in extra.items() if name == "geographicView"},
        "metrics": {"clicks": str(clicks), "costMicros": str(spend * 1_000_000)},
        "segments": {"date": DAY, **{name: value for name, value in extra.items() if name != "geographicView"}},
    }


def _google_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"campaign_id": content, "date": DAY, "clicks": clicks, "cost_micros": spend * 1_000_000, **extra}


def _meta_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    figures = {"inline_link_clicks": str(clicks), "spend": str(spend), "impressions": "9"}
    return {"campaign_id": content, "date_start": DAY, "date_stop": DAY, **figures, **extra}


def _tiktok_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    dimensions = {"stat_time_day": f"{DAY} 00:00:00", "ad_id": content, **extra}
    return {"dimensions": dimensions, "metrics": {"clicks": str(clicks), "spend": str(spend)}}


def _tiktok_flat_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"stat_time_day": f"{DAY} 00:00:00", "ad_id": content, "clicks": clicks, "spend": spend, **extra}


def _linkedin_element(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    day = {"year": 2026, "month": 11, "day": 20}
    figures = {"clicks": clicks, "costInLocalCurrency": str(spend)}
    pivots = [f"urn:li:sponsoredCampaign:{content}"]
    return {"dateRange": {"start": day, "end": day}, "pivotValues": pivots, **figures, **extra}


def _linkedin_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"campaign_id": content, "day": DAY, "clicks": clicks, "cost_in_local_currency": spend, **extra}


def _ga4_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    dimensions = {"date": "20261120", "pagePath": f"/{content}", **{name: str(value) for name, value in extra.items()}}
    return {"dimensions": dimensions, "metrics": {"advertiserAdClicks": clicks, "advertiserAdCost": spend}}


def _ga4_request(rows: Sequence[Row]) -> Any:
    """Return one report per set of headers, in one batch."""
    reports = [
        {
            "dimensionHeaders": [{"name": name} for name in row["dimensions"]],
            "metricHeaders": [{"name": name, "type": "TYPE_INTEGER"} for name in row["metrics"]],
            "rows": [{
                "dimensionValues": [{"value": value} for value in row["dimensions"].values()],
                "metricValues": [{"value": str(value)} for value in row["metrics"].values()],
            }],
            "metadata": {"currencyCode": "EUR"},
        }
        for row in rows
    ]  # fmt: skip
    return {"reports": reports}


def _youtube_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"dimensions": {"day": DAY, "video": content, **extra}, "metrics": {"views": clicks, "likes": spend}}


def _youtube_request(rows: Sequence[Row]) -> Any:
    """Return one table per row, as each may have other columns."""
    return [
        {
            "columnHeaders": [
                {"name": name, "columnType": kind, "dataType": "STRING"}
                for kind, names in (("DIMENSION", row["dimensions"]), ("METRIC", row["metrics"]))
                for name in names
            ],
            "rows": [[*row["dimensions"].values(), *row["metrics"].values()]],
        }
        for row in rows
    ]


def _youtube_flat_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"date": "20261120", "channel_id": "UC1", "video_id": content, "views": clicks, "likes": spend, **extra}


def _plain_row(content: str, extra: Row, clicks: int, spend: int) -> dict[str, Any]:
    return {"date": DAY, "content_id": content, "clicks": clicks, "spend": spend, **extra}


def _bigquery_request(rows: Sequence[Row]) -> Any:
    types = {bool: "BOOLEAN", int: "INTEGER", str: "STRING"}
    return [
        {
            "schema": {"fields": [{"name": name, "type": types[type(value)]} for name, value in row.items()]},
            "rows": [
                {"f": [{"v": str(value).lower() if isinstance(value, bool) else str(value)} for value in row.values()]}
            ],
        }
        for row in rows
    ]


MAP = FieldMap(
    description="rows of the tests",
    time=TimeMapping(column="date"),
    key=("date", "content_id"),
    metrics={"clicks": ("clicks",), "spend": ("spend",)},
    content_id="content_id",
)
FIVETRAN = "_fivetran_synced"
REPORTS = (
    Report("google_ads", "ads_google", _google_result, lambda rows: {"results": rows, "fieldMask": "metrics.clicks"},
           columns={"text": "someKind", "boolean": "isNewKind", "id": "geographicView"}),
    Report("google_ads_rows", "ads_google", _google_row, sync_column=FIVETRAN),
    Report("google_ads_rows_in_warehouse", "warehouse", _google_row, sync_column="_airbyte_extracted_at"),
    Report("meta_insights", "ads_meta", _meta_row, lambda rows: {"data": rows, "paging": {}}),
    Report("meta_rows", "ads_meta", _meta_row, sync_column="_airbyte_extracted_at"),
    Report("tiktok_report", "social_tiktok", _tiktok_row,
           lambda rows: {"code": 0, "request_id": "r", "data": {"list": rows, "page_info": {}}}),
    Report("tiktok_rows", "social_tiktok", _tiktok_flat_row, sync_column=FIVETRAN),
    Report("linkedin_analytics", "social_linkedin", _linkedin_element, lambda rows: {"elements": rows},
           columns={"text": "memberKind", "boolean": "isOrganic", "id": "audience_id"}),
    Report("linkedin_rows", "social_linkedin", _linkedin_row, sync_column=FIVETRAN),
    Report("ga4_report", "warehouse", _ga4_row, _ga4_request),
    Report("youtube_report", "social_youtube", _youtube_row, _youtube_request, ("views", "likes")),
    Report("youtube_rows", "social_youtube", _youtube_flat_row, metrics=("views", "likes"), sync_column=FIVETRAN),
    Report("plain_rows", "warehouse", _plain_row, sync_column="updated_at"),
    Report("mapped_rows", "warehouse", _plain_row, sync_column="_sdc_extracted_at", field_map=MAP),
    Report("bigquery_rows", "warehouse", _plain_row, _bigquery_request, sync_column="synced_at"),
)  # fmt: skip
