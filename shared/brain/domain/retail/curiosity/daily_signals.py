"""Build the daily signals that question templates name, as plain arrays over the days of a store."""

from collections.abc import Iterable, Sequence
from datetime import date

from brain.domain.retail.series import CalendarEvent, Store
from brain.domain.retail.signals.calendar_days import build_calendar_days, mark_spans
from brain.domain.retail.signals.calendar_signals import CALENDAR_SIGNALS
from brain.domain.retail.signals.weather_signals import select_known_values
from brain.domain.retail.weather_days import VARIABLES, WeatherDays
from brain.domain.types import Dates, Floats
from brain.errors import MisconfiguredError


def build_daily_signals(
    days: Dates, store: Store, weather: WeatherDays | None, events: Iterable[CalendarEvent]
) -> dict[str, Floats]:
    """Return the signals by name, each (days,): NaN where the weather is unknown, 0 or 1 for calendar and events.

    An event class that does not occur in the store's calendar has no signal, since there is nothing to ask about it.
    """
    signals: dict[str, Floats] = {}
    if weather is not None:
        readings = select_known_values(weather, days)
        signals |= {f"weather.{name}": readings[:, column] for column, name in enumerate(VARIABLES)}
    calendar = build_calendar_days(days, store)
    for rules in CALENDAR_SIGNALS.values():
        signals |= {f"calendar.{name}": rule(calendar).astype(float) for name, rule in rules.items()}
    store_events = [event for event in events if event.store_id in {None, store.store_id}]
    return signals | _build_event_signals(days, store_events)


def _build_event_signals(days: Dates, events: Sequence[CalendarEvent]) -> dict[str, Floats]:
    """Return a signal per event class, and that of any event; none without events."""
    spans: dict[str, list[tuple[date, date]]] = {}
    for event in sorted(events, key=lambda event: event.event_class):
        spans.setdefault(event.event_class, []).append((event.start, event.end))
    signals = {
        f"event.{event_class}": mark_spans(days, class_spans).astype(float)
        for event_class, class_spans in spans.items()
    }
    if events:
        signals["event.any"] = mark_spans(days, [(event.start, event.end) for event in events]).astype(float)
    return signals


def check_signal_names(names: Iterable[str]) -> None:
    """Raise MisconfiguredError for a weather or calendar signal that does not exist; event classes are free."""
    existing = {f"weather.{name}" for name in VARIABLES}
    existing |= {f"calendar.{name}" for rules in CALENDAR_SIGNALS.values() for name in rules}
    unknown = sorted({name for name in names if not name.startswith("event.")} - existing)
    if unknown:
        raise MisconfiguredError(
            f"config/hypotheses.yaml must name existing signals, got {', '.join(unknown)}; the signals are "
            f"{', '.join(sorted(existing))} and event.<class>"
        )
