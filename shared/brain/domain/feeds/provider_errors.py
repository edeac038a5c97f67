"""What a provider's API answers instead of figures: the body of an error, and a page without items."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from brain.domain.events import FeedType, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.json_values import first_text, has_any, to_list, to_object
from brain.domain.feeds.payload_shapes import JsonObject, PayloadShape

PROVIDER_ERROR: Final = "provider_error"
# Numbers and compound names of errors only: anything else may name people, accounts and tokens.
_SAFE_CODE: Final = re.compile(r"\d{1,5}|[A-Z]+(?:_[A-Z]+){1,5}|[A-Z]{0,2}[a-z]{1,20}(?:[A-Z][a-z]{1,20}){1,4}")
_CODE_FIELDS: Final = ("errorCode", "category", "reason", "title", "status", "type", "code")
_PAGE_FIELDS: Final = frozenset({
    "data", "results", "items", "paging", "summary", "total", "totalCount", "meta", "hasMore", "offset", "cursor",
})  # fmt: skip


def _describe_error(provider: str, error: Mapping[str, Any]) -> Rejected:
    details = to_object(next(iter(to_list(error.get("errors"))), None))
    texts = [text for source in (error, details) for name in _CODE_FIELDS if (text := first_text(source, (name,)))]
    codes = [text for text in texts if _SAFE_CODE.fullmatch(text) and text.lower() != "error"]
    code = ", ".join(dict.fromkeys(codes)) or "of an unknown kind"
    return Rejected(PROVIDER_ERROR, f"expected figures, got {provider}'s error ({code}); repeat the request to it")


def reject_error(provider: str, code: Any) -> Rejected:
    """Return the rejection of an answer that says that it has no figures, with the provider's code if it is safe."""
    shown = str(code) if _SAFE_CODE.fullmatch(str(code)) else "of an unknown kind"
    return Rejected(PROVIDER_ERROR, f"expected figures, got {provider}'s error ({shown}); repeat the request to it")


def _is_x_error(payload: JsonObject) -> bool:
    errors = to_list(payload.get("errors"))
    is_problem = "title" in payload and "detail" in payload and has_any(payload, ("type", "status"))
    return "data" not in payload and (is_problem or (bool(errors) and has_any(to_object(errors[0]), ("code", "title"))))


def _is_graph_error(payload: JsonObject) -> bool:
    return "message" in to_object(payload.get("error")) and has_any(
        payload["error"], ("fbtrace_id", "type", "error_subcode")
    )


def _is_google_error(payload: JsonObject) -> bool:
    return "message" in to_object(payload.get("error")) and has_any(payload["error"], ("errors", "status", "details"))


def _is_linkedin_error(payload: JsonObject) -> bool:
    known = {"message", "status", "code", "errorDetails", "errorDetailType"}
    return "message" in payload and ("serviceErrorCode" in payload or payload.keys() <= known)


def _is_hubspot_error(payload: JsonObject) -> bool:
    return "message" in payload and payload.get("status") == "error" and "id" not in payload


def _is_salesforce_error(payload: JsonObject) -> bool:
    return ("errorCode" in payload and "message" in payload) or {"error", "error_description"} <= set(payload)


def _build_error_shape(feed: FeedType, provider: str, matches: Callable[[JsonObject], bool]) -> PayloadShape:
    def read(payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
        error = payload.get("error")
        return [_describe_error(provider, error if isinstance(error, Mapping) else payload)]

    return PayloadShape(feed, f"an error of {provider}'s API", matches, read, is_ambiguous=True)


def _build_empty_shape(feed: FeedType, name: str) -> PayloadShape:
    def matches(payload: JsonObject) -> bool:
        return payload.get(name) == [] and set(payload) <= _PAGE_FIELDS

    def read(_payload: JsonObject, _context: FeedContext) -> Iterable[FeedOutcome]:
        return [Ignored("an empty page")]

    return PayloadShape(feed, f"an empty page ({name})", matches, read, is_ambiguous=True)


SHAPES = (
    _build_error_shape(FeedType.SOCIAL_TWITTER, "X", _is_x_error),
    _build_error_shape(FeedType.SOCIAL_INSTAGRAM, "Instagram", _is_graph_error),
    _build_error_shape(FeedType.SOCIAL_YOUTUBE, "YouTube", _is_google_error),
    _build_error_shape(FeedType.SOCIAL_LINKEDIN, "LinkedIn", _is_linkedin_error),
    _build_error_shape(FeedType.ADS_GOOGLE, "Google", _is_google_error),
    _build_error_shape(FeedType.WAREHOUSE, "Google", _is_google_error),
    _build_error_shape(FeedType.ADS_META, "Meta", _is_graph_error),
    _build_error_shape(FeedType.CRM_HUBSPOT, "HubSpot", _is_hubspot_error),
    _build_error_shape(FeedType.CRM_SALESFORCE, "Salesforce", _is_salesforce_error),
    _build_empty_shape(FeedType.SOCIAL_TWITTER, "data"),
    _build_empty_shape(FeedType.SOCIAL_INSTAGRAM, "data"),
    _build_empty_shape(FeedType.CRM_HUBSPOT, "results"),
)
