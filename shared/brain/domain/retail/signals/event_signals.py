"""Signals of calendar events (games, festivals, promotions, competitors), and from which day on they are known.

Each event name is a signal. The windows before and after events are signals of the event class.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from brain.domain.retail.config import EventClasses
from brain.domain.retail.series import CalendarEvent, find_known_day
from brain.domain.types import Booleans, Dates


@dataclass(frozen=True, slots=True)
class SignalSpan:
    """A signal active in a store from ``start`` to ``end`` (both included), known at the end of ``known_on``."""

    signal: str
    signal_class: str
    start: date
    end: date
    known_on: date


def build_signal_spans(
    events: Iterable[CalendarEvent], store_id: str, store_zone: ZoneInfo, classes: EventClasses
) -> list[SignalSpan]:
    """Return the spans of every event of the store and the windows of its class, in a stable order."""
    spans: list[SignalSpan] = []
    for event in events:
        if event.store_id not in (None, store_id):
            continue
        settings = classes.get(event.event_class)
        known_on = find_announcement_day(event, store_zone, settings.lead_days)
        event_class = event.event_class
        spans.append(SignalSpan(event.event, event_class, event.start, event.end, known_on))
        if settings.before_days:
            first, last = event.start - timedelta(days=settings.before_days), event.start - timedelta(days=1)
            spans.append(SignalSpan(f"before_{event_class}", f"{event_class}_window", first, last, known_on))
        if settings.after_days:
            first, last = event.end + timedelta(days=1), event.end + timedelta(days=settings.after_days)
            spans.append(SignalSpan(f"after_{event_class}", f"{event_class}_window", first, last, known_on))
    return sorted(spans, key=lambda span: (span.signal_class, span.signal, span.start, span.end))


def find_announcement_day(event: CalendarEvent, store_zone: ZoneInfo, lead_days: int) -> date:
    """Return the day at whose end the event is known: by ``known_at``, else ``lead_days`` before its start."""
    if event.known_at is not None:
        return find_known_day(event.known_at, store_zone)
    return event.start - timedelta(days=lead_days)


def flag_known_spans(spans: Iterable[SignalSpan], days: Dates, known_by: date | None) -> dict[str, Booleans]:
    """Flag the days of each signal, by signal name, from the spans known at the end of ``known_by`` (None: all)."""
    flags: dict[str, Booleans] = {}
    for span in spans:
        if known_by is not None and span.known_on > known_by:
            continue
        inside = (days >= np.datetime64(span.start)) & (days <= np.datetime64(span.end))
        flags[span.signal] = flags.get(span.signal, np.zeros(len(days), dtype=bool)) | inside
    return flags
