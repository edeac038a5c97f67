"""The daily signals that the templates name, as plain arrays over a store's days."""

from collections.abc import Iterable

from brain.domain.retail.series import CalendarEvent, Store
from brain.domain.retail.signals.calendar_days import build_calendar_days, mark_spans
from brain.domain.retail.signals.calendar_signals import CALENDAR_SIGNALS
from brain.domain.retail.signals.weather_signals import select_known_values
from brain.domain.retail.weather_days import VARIABLES, WeatherDays
from brain.domain.types import Dates, Floats
from brain.errors import MisconfiguredError

SNOW = VARIABLES.index("snow")


def daily_signals(
    days: Dates, store: Store, weather: WeatherDays | None, events: Iterable[CalendarEvent]
) -> dict[str, Floats]:
    """Signal name -> float array (days,); NaN where the weather is unknown, 0 or 1 for calendar and events.

    A class of events that this store's calendar does not hold has no signal: there is nothing to ask about it.
    """
    signals: dict[str, Floats] = {}
    if weather is not None:
        values = select_known_values(weather, days)
        signals |= {f"weather.{name}": values[:, column] for column, name in enumerate(VARIABLES)}
    calendar = build_calendar_days(days, store)
    for rules in CALENDAR_SIGNALS.values():
        signals |= {f"calendar.{name}": rule(calendar).astype(float) for name, rule in rules.items()}
    here = [event for event in events if event.store_id in (None, store.store_id)]
    for kind in sorted({event.event_class for event in here}):
        spans = [(event.start, event.end) for event in here if event.event_class == kind]
        signals[f"event.{kind}"] = mark_spans(days, spans).astype(float)
    if here:
        signals["event.any"] = mark_spans(days, [(event.start, event.end) for event in here]).astype(float)
    return signals


def check_names(names: Iterable[str]) -> None:
    """Raise MisconfiguredError for a weather or calendar signal that does not exist; classes of events are free."""
    known = {f"weather.{name}" for name in VARIABLES}
    known |= {f"calendar.{name}" for rules in CALENDAR_SIGNALS.values() for name in rules}
    unknown = sorted({name for name in names if not name.startswith("event.")} - known)
    if unknown:
        raise MisconfiguredError(
            f"config/hypotheses.yaml names signals that do not exist: {', '.join(unknown)}; known are "
            f"{', '.join(sorted(known))} and event.<class>"
        )
