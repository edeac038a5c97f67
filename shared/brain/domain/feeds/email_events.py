"""What all e-mail services share: an event is what happened to one message to one recipient."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from brain.domain.events import Draft, FeedType, Rejected
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import to_text, to_texts
from brain.domain.feeds.typed_fields import name_type
from brain.domain.json_text import parse_json
from brain.errors import InvalidInputError

# Recipients that services reserve for tests: what they send there reaches nobody.
TEST_DOMAINS: Final = (
    "simulator.amazonses.com", "resend.dev", "sink.sparkpostmail.com", "blackhole.postmarkapp.com",
    "bounce-testing.postmarkapp.com", "mandrillapp.com",
)  # fmt: skip


def build_email_event(
    builder: DraftBuilder,
    kind: str,
    metrics: Mapping[str, str | None],
    occurred_at: datetime | None,
    *,
    by_machine: bool | None = None,
    **fields: Any,
) -> Draft | Rejected:
    """Return the event of one message, with a count of 1 for the metric of its kind.

    Args:
        builder: Builder of the event.
        kind: The provider's name of what happened.
        metrics: Metric by kind. A kind with None is known but counts nothing: a delivery is not a second sending. A
            kind that is not listed makes a ``custom`` event.
        occurred_at: When it happened, None if unknown.
        by_machine: Whether the provider marks an open or a click as that of a machine, None if it does not say.
        fields: Further fields of the draft.
    """
    metric = metrics.get(kind)
    if metric:
        builder.metrics.setdefault(metric, 1)
    if by_machine is not None and metric in ("opens", "clicks"):
        fields["qualities"] = {"bot_ratio": float(by_machine)}
        if metric == "opens":
            builder.metrics["machine_opens"] = int(by_machine)
    fields.setdefault("content_type", "email")
    fields.setdefault("platform", "email")
    feed_type = FeedType.EMAIL if kind in metrics else FeedType.CUSTOM
    return builder.build(feed_type, occurred_at, **fields)


def read_kind(builder: DraftBuilder, source: Mapping[str, Any], name: str) -> str:
    """Return the provider's name of what happened; an event without one, or with another type, is a fault."""
    kind = source.get(name)
    if isinstance(kind, str) and kind.strip():
        return kind.strip()
    found = "none" if kind in (None, "") else name_type(kind)
    builder.faults.append(f"{name}: expected the name of what happened, got {found}")
    return ""


def read_tag(builder: DraftBuilder, source: Mapping[str, Any], *names: str) -> str | None:
    """Return the first tag under ``names``: a text, a list of texts or such a list as JSON text.

    >>> builder = DraftBuilder({"tag": '["autumn"]'})
    >>> read_tag(builder, builder.payload, "tags", "tag")
    'autumn'
    """
    for name in names:
        tags = source.get(name)
        if (isinstance(tags, Mapping) and tags) or isinstance(tags, bool | float):
            builder.faults.append(f"{name}: expected a text or a list of texts, got {name_type(tags)}")
        tag = first_tag(tags)
        if tag:
            return tag
    return None


def first_tag(tags: Any) -> str | None:
    """Return a message's tag, or the first of a list of tags; the list may be JSON text."""
    text = to_text(tags)
    if text and text.startswith("["):
        try:
            return next(iter(to_texts(parse_json(text.encode()))), None)
        except (InvalidInputError, UnicodeEncodeError):
            return text
    return text or next(iter(to_texts(tags)), None)


def strip_message_id(message_id: Any) -> str | None:
    """Return a message id without its angle brackets; it looks like an address, so it is stored as a pseudonym."""
    text = to_text(message_id)
    return text.strip("<>") or None if text else None


def are_test_recipients(recipients: Iterable[Any]) -> bool:
    """Return whether all recipients are addresses that a service reserves for tests; False without any.

    >>> are_test_recipients(["bounce@simulator.amazonses.com"])
    True
    """
    addresses = [text for text in map(to_text, recipients) if text]
    return bool(addresses) and all(_is_test_address(address) for address in addresses)


def _is_test_address(address: str) -> bool:
    domain = address.rpartition("@")[2].rstrip("> ").lower()
    return domain in TEST_DOMAINS or domain.endswith(".sink.sparkpostmail.com")
