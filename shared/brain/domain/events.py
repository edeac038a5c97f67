"""The event, which every feed produces and everything else reads.

A metric is ``None`` when the provider did not report it; a reported 0 is 0. The event is one frozen dataclass,
validated at the edge by pydantic's ``TypeAdapter``.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, ConfigDict, Field, StringConstraints

SCHEMA_VERSION = 1
MAX_COUNT = 10**12
EARLIEST_AGE = timedelta(days=365)
LATEST_LEAD = timedelta(hours=1)


class FeedType(StrEnum):
    """The twelve feeds."""

    EMAIL = "email"
    SOCIAL_LINKEDIN = "social_linkedin"
    SOCIAL_TWITTER = "social_twitter"
    SOCIAL_INSTAGRAM = "social_instagram"
    SOCIAL_TIKTOK = "social_tiktok"
    SOCIAL_YOUTUBE = "social_youtube"
    ADS_GOOGLE = "ads_google"
    ADS_META = "ads_meta"
    CRM_HUBSPOT = "crm_hubspot"
    CRM_SALESFORCE = "crm_salesforce"
    WAREHOUSE = "warehouse"
    CUSTOM = "custom"


AUTO_SOURCE = "auto"
"""In place of a feed: the payload's own shape decides which feed reads it."""
SOURCES = (AUTO_SOURCE, *FeedType)
"""What a sender may name as the source of its payloads."""


def _check_reserved(identifier: str) -> str:
    if identifier.startswith("__") and identifier.endswith("__"):
        raise ValueError("ids must not start and end with two underscores, got one that does; choose another id")
    return identifier


ClientId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,64}$"), AfterValidator(_check_reserved)]
EventId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,128}$"), AfterValidator(_check_reserved)]
_CLIENT_ID = re.compile(r"(?!__.*__$)[A-Za-z0-9_-]{1,64}")


def is_client_id(text: str) -> bool:
    """Whether a text may be a client's id: 1 to 64 letters, digits, ``_`` or ``-``, and not a reserved ``__x__``."""
    return _CLIENT_ID.fullmatch(text) is not None


Count = Annotated[int, Field(strict=True, ge=0, le=MAX_COUNT)]
Amount = Annotated[float, Field(strict=True, ge=0, le=MAX_COUNT, allow_inf_nan=False)]
Money = Annotated[float, Field(strict=True, ge=-MAX_COUNT, le=MAX_COUNT, allow_inf_nan=False)]
Ratio = Annotated[float, Field(strict=True, ge=0, le=1, allow_inf_nan=False)]
Rate = Annotated[float, Field(strict=True, ge=0, le=MAX_COUNT, allow_inf_nan=False)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=256)]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An occurrence at one content of a client, with the metrics that the provider reported.

    ``occurred_at`` is when it happened, ``received_at`` when the Brain received it. A ``retracted`` event has no
    metrics any more: its record was deleted, archived or merged, or counts under another key. ``machine_opens`` are
    those of the ``opens`` that a machine made, such as Apple's Mail Privacy Protection. Money is in major units of
    ``currency``. The ratios (0 to 1) and ``velocity`` (engagements per minute) describe authenticity; ``sentiment``,
    ``consistency`` and ``relevance`` (0 to 1) describe quality. SPEC 3 defines how each of them scores.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    event_id: EventId
    client_id: ClientId
    feed_type: FeedType
    occurred_at: AwareDatetime
    received_at: AwareDatetime
    engagements: Count | None = None
    impressions: Count | None = None
    audience_size: Count | None = None
    likes: Count | None = None
    comments: Count | None = None
    shares: Count | None = None
    clicks: Count | None = None
    opens: Count | None = None
    machine_opens: Count | None = None
    sends: Count | None = None
    bounces: Count | None = None
    unsubscribes: Count | None = None
    views: Count | None = None
    conversions: Amount | None = None
    spend: Money | None = None
    revenue: Money | None = None
    currency: Currency | None = None
    content_id: Name | None = None
    content_type: Name | None = None
    platform: Name | None = None
    vertical: Name | None = None
    creator_hash: Name | None = None
    retracted: bool = False
    bot_ratio: Ratio | None = None
    coordinated_ratio: Ratio | None = None
    first_minute_ratio: Ratio | None = None
    velocity: Rate | None = None
    sentiment: Ratio | None = None
    consistency: Ratio | None = None
    relevance: Ratio | None = None
    raw_data: Mapping[str, Any] = field(default_factory=dict)
    correlation_id: Name | None = None
    schema_version: int = SCHEMA_VERSION


METRICS = (
    "engagements", "impressions", "audience_size", "likes", "comments", "shares", "clicks", "opens", "machine_opens",
    "sends", "bounces", "unsubscribes", "views", "conversions", "spend", "revenue",
)  # fmt: skip
AMOUNT_METRICS = frozenset({"conversions", "spend", "revenue"})
"""Metrics that may have fractions; all others are counts."""
QUALITIES = (
    "bot_ratio", "coordinated_ratio", "first_minute_ratio", "velocity", "sentiment", "consistency", "relevance",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in an item that its sender should look at although the item was accepted.

    Attributes:
        kind: the kind of warning, such as ``unread_columns``.
        message: what was found and what to do, without anything personal.
    """

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known about a record, such as a deal's amount, and when it was true.

    :mod:`brain.domain.feeds.record_facts` says what follows from facts.

    A value of None is known to be unset.
    """

    value: bool | float | datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One item of a provider's payload as read by its feed, without identity and not yet validated.

    Attributes:
        feed_type: the feed that read it.
        occurred_at: when it happened.
        raw: the item as it was received.
        provider_event_id: the provider's own id of the event, made unique by the feed where it is not.
        content_key: what the provider counts, such as a post, or an ad on a date.
        dimensions: further dimensions of the row as ``name=value``, which are part of its key too.
        former_key: the key under which version 0.1 stored the same total, if it was another one.
        is_record: whether ``content_key`` is the provider's own id of a record, so that two forms of it in one request
            are two versions; two different rows of a report under one key are ambiguous instead. Its ``occurred_at``
            is when the record came to be, which may be long ago.
        facts: what this form of a record says about it, from which its metrics follow.
        as_of: the provider's own time of the figures, which decides which of two revisions is newer.
        retracted: whether the record was archived, deleted or merged, or is a test, so that it counts nothing.
        notices: what the sender should look at.
        cumulative: whether the metrics are running totals of ``content_key``, so that new values are a revision.
        metrics: the metrics by name.
        qualities: the ratios and qualities by name.
        aliases: the names in the payload that a metric may be read from, the preferred one first, where it has several.
        currency: the ISO 4217 code of the money metrics.
        content_id: the provider's id of the content.
        content_type: the kind of content, such as ``video``.
        platform: the platform of the content.
        vertical: the client's vertical, if the payload has one.
        creator: the identifier of a person or an account, stored only as a hash.
        volatile: top-level fields of ``raw`` that change with every fetch and are no part of the content.
        was_event: whether version 0.1 took a running total for an event, identified by its whole content.
        newly_volatile: those of ``volatile`` that version 0.1 took for content, so that it gave the event another id.
        personal: additional names of fields in ``raw`` that hold personal data in this feed.
        undated: whether the provider gives a running total no time, so that ``occurred_at`` is when it was read.
    """

    feed_type: FeedType
    occurred_at: datetime | None
    raw: Mapping[str, Any]
    provider_event_id: str | None = None
    content_key: tuple[str, ...] = ()
    dimensions: tuple[str, ...] = ()
    former_key: tuple[str, ...] = ()
    is_record: bool = False
    facts: Mapping[str, Fact] = field(default_factory=dict)
    as_of: datetime | None = None
    retracted: bool = False
    notices: tuple[Notice, ...] = ()
    cumulative: bool = False
    metrics: Mapping[str, int | float] = field(default_factory=dict)
    qualities: Mapping[str, float] = field(default_factory=dict)
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    currency: str | None = None
    content_id: str | None = None
    content_type: str | None = None
    platform: str | None = None
    vertical: str | None = None
    creator: str | None = None
    volatile: frozenset[str] = frozenset()
    was_event: bool = False
    newly_volatile: frozenset[str] = frozenset()
    personal: frozenset[str] = frozenset()
    undated: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """An item that cannot become an event, with the reason for its sender."""

    error_code: str
    message: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A provider's ping, challenge or test, which makes no event, with the reason."""

    reason: str
