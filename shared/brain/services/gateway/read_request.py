"""Reads a request: its items are parsed, identified, pseudonymized and validated; nothing is stored."""

import pickle
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from brain.domain.events import Draft, Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.meta_actions import DEFAULT_META_ADS, MetaAdsConfig
from brain.domain.gateway.bodies import parse_body
from brain.domain.gateway.dead_letters import is_dead_lettered
from brain.domain.gateway.long_lists import find_long_list
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.gateway.report_totals import TOTAL_ROW
from brain.domain.gateway.requests import MAX_EVENTS, IngestRequest
from brain.domain.gateway.results import IngestStatus, ItemResult
from brain.domain.gateway.total_lines import IGNORED_TOTAL
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.scrub_allowance import ScrubAllowance
from brain.domain.privacy.spellings import NO_PRIVACY_RULES, PrivacyConfig
from brain.errors import InvalidInputError, PayloadTooLargeError
from brain.services.gateway.item_results import ReadItem, build_unreadable_item

MAX_PAGE_ROWS: Final = 5_000
"""More rows than events, as a report may have rows that make none; a longer list is not read at all."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """By what rules payloads are read: which of Meta's actions are conversions, and which spellings are one person."""

    meta_ads: MetaAdsConfig = DEFAULT_META_ADS
    privacy: PrivacyConfig = NO_PRIVACY_RULES


DEFAULT_READING_RULES: Final = ReadingRules()
_INTERNAL: Final = ItemResult(
    IngestStatus.DEAD_LETTERED,
    error_code="internal",
    message="this could not be read because of an internal error; it is stored and will be retried",
)


class RequestReading(NamedTuple):
    """The items of a request, and the errors in the feeds' own code, for the operator."""

    items: list[ReadItem]
    errors: list[Exception]


@dataclass(slots=True)
class PayloadReader:
    """Reads payloads of one client; ``errors`` are those in the feeds' own code.

    With an ``allowance``, all payloads are of one request and within its bounds.
    """

    source: str
    context: FeedContext
    keys: IdentityKeys
    rules: ReadingRules
    allowance: ScrubAllowance | None = None
    errors: list[Exception] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Read Meta's actions by the rules."""
        if self.context.meta_ads is not self.rules.meta_ads:
            self.context = replace(self.context, meta_ads=self.rules.meta_ads)

    def read(self, payload: Any) -> list[ReadItem]:
        """Return for each item of one payload the event to store, or the result of an item that makes none.

        Raises:
            PayloadTooLargeError: the payload of a request has too many rows or events.
        """
        if isinstance(payload, InvalidInputError):
            return [build_unreadable_item(payload)]
        try:
            return [self._identify(outcome) for outcome in self._normalize(payload)]
        except PayloadTooLargeError:
            raise
        except Exception as error:  # noqa: BLE001 - a bug in a feed must lose nothing: the request becomes a dead letter
            self.errors.append(error)
            return [_INTERNAL]

    def _normalize(self, payload: Any) -> list[FeedOutcome]:
        if self.allowance is None:
            return normalize(self.source, payload, self.context)
        row_count = find_long_list(payload, MAX_PAGE_ROWS)
        if row_count is not None:
            raise PayloadTooLargeError(f"at most {MAX_PAGE_ROWS} rows per page, got {row_count}; request smaller pages")
        outcomes = normalize(self.source, payload, self.context, MAX_EVENTS)
        check_event_count(len(outcomes))
        return outcomes

    def _identify(self, outcome: FeedOutcome) -> ReadItem:
        identified: IdentifiedEvent | Rejected | Ignored = (
            build_event(
                outcome,
                self.context,
                self.keys,
                self.rules.privacy.find_rules(self.context.client_id),
                self.allowance,
            )
            if isinstance(outcome, Draft)
            else outcome
        )
        if isinstance(identified, IdentifiedEvent):
            return identified
        if isinstance(identified, Ignored):
            code = TOTAL_ROW if identified.reason == IGNORED_TOTAL else None
            return ItemResult(IngestStatus.IGNORED, error_code=code, message=identified.reason)
        is_dead_letter = is_dead_lettered(identified.error_code, is_history=self.context.backfill)
        status = IngestStatus.DEAD_LETTERED if is_dead_letter else IngestStatus.REJECTED
        return ItemResult(status, error_code=identified.error_code, message=identified.message)


def read_request(
    request: IngestRequest, context: FeedContext, keys: IdentityKeys, rules: ReadingRules
) -> RequestReading:
    """Return the items of a request.

    Raises:
        PayloadTooLargeError: it has more values, lines, rows or events than a request may have.
    """
    reader = PayloadReader(request.source, context, keys, rules, ScrubAllowance())
    try:
        payloads = parse_body(request.body, request.content_type)
    except PayloadTooLargeError:
        raise
    except InvalidInputError as error:
        return RequestReading([build_unreadable_item(error)], [])
    except Exception as error:  # noqa: BLE001 - as in a feed: the request becomes a dead letter
        return RequestReading([_INTERNAL], [_make_portable(error)])
    items: list[ReadItem] = []
    for payload in payloads:
        items += reader.read(payload)
        check_event_count(len(items))
    return RequestReading(items, [_make_portable(error) for error in reader.errors])


class PackedReading(NamedTuple):
    """A reading for another process, which unpacks one item at a time: all at once would take a tenth of a second."""

    items: list[bytes]
    errors: list[Exception]


def read_request_packed(
    request: IngestRequest, context: FeedContext, keys: IdentityKeys, rules: ReadingRules
) -> PackedReading:
    """Return the items of a request, each pickled; raises as ``read_request``."""
    items, errors = read_request(request, context, keys, rules)
    return PackedReading([pickle.dumps(item, pickle.HIGHEST_PROTOCOL) for item in items], errors)


def unpack_item(packed: bytes) -> ReadItem:
    """Return an item that ``read_request_packed`` packed in a process of this service."""
    item: ReadItem = pickle.loads(packed)  # noqa: S301 - see above
    return item


def _make_portable(error: Exception) -> Exception:
    """Return an error that another process can report: itself, or its text where it cannot be pickled."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was pickled here
    except Exception:  # noqa: BLE001 - whatever an error's own code raises
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


def check_event_count(count: int) -> None:
    """Check the number of a request's events.

    Raises:
        PayloadTooLargeError: there are more than 2,000.
    """
    if count > MAX_EVENTS:
        raise PayloadTooLargeError(f"at most {MAX_EVENTS} events per request, got more; split the request")
