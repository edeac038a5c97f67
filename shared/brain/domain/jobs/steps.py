"""The table of jobs: each job's steps, the clients it is dispatched for, and the job it is enqueued with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

HOURLY_SCORES = "brainHourlyScores"
RETRY_DEAD_LETTERS = "brainRetryDeadLetters"
DAILY_ANALYSIS = "brainDailyAnalysis"
LEARNING = "brainLearning"
WEEKLY_REPORT = "brainWeeklyReport"
SIGNAL_MAGNITUDE = "brainSignalMagnitude"
PRODUCT_WEATHER = "brainProductWeather"
BACKTESTING = "brainBacktesting"
CURIOSITY = "brainCuriosity"
ROI_REPORT = "brainRoiReport"

ALL_CLIENTS = "_everyone"
"""The client id of a run that works on all clients at once; no client can have it."""

ACTIVE_WINDOW = timedelta(days=35)
"""How long a client counts as active after its last event: the daily analysis must still see it fall silent."""


class ClientSelection(StrEnum):
    """The clients that a job is dispatched for, one task per client unless stated otherwise."""

    RECENT_INGEST = "recent_ingest"
    """Clients with events received in the last few hours."""
    ACTIVE_WEEKS = "active_weeks"
    """Clients with events within ``ACTIVE_WINDOW``."""
    ACTIVE_WEEKS_OR_SHOP = "active_weeks_or_shop"
    """Clients with events within ``ACTIVE_WINDOW`` and clients with stores."""
    SHOP = "shop"
    """Clients with stores, whether events were received or not."""
    DUE_DEAD_LETTERS = "due_dead_letters"
    """Clients with dead letters that are due for a retry."""
    ALL_AT_ONCE = "all_at_once"
    """All clients together, in one task for ``ALL_CLIENTS``."""


@dataclass(frozen=True, slots=True)
class JobDefinition:
    """One row of the table.

    A job of several steps does them in order. ``parts`` fill sections of the report that the last step writes.
    A job that is ``enqueued_with`` another has no schedule of its own and the time limit of that other.
    """

    steps: tuple[str, ...]
    clients: ClientSelection
    parts: tuple[str, ...] = ()
    enqueued_with: str | None = None


JOBS: Mapping[str, JobDefinition] = MappingProxyType(
    {
        HOURLY_SCORES: JobDefinition(("hourly_scores",), ClientSelection.RECENT_INGEST),
        RETRY_DEAD_LETTERS: JobDefinition(
            ("retry_dead_letters",), ClientSelection.DUE_DEAD_LETTERS, enqueued_with=HOURLY_SCORES
        ),
        DAILY_ANALYSIS: JobDefinition(
            ("record_outcomes", "daily_analysis"),
            ClientSelection.ACTIVE_WEEKS,
            parts=("predictions", "recommendations", "learning"),
        ),
        LEARNING: JobDefinition(("share_moves", "learn"), ClientSelection.ALL_AT_ONCE, enqueued_with=DAILY_ANALYSIS),
        WEEKLY_REPORT: JobDefinition(
            ("weekly_report",), ClientSelection.ACTIVE_WEEKS_OR_SHOP, parts=("stored_advice", "learning", "shop_pages")
        ),
        SIGNAL_MAGNITUDE: JobDefinition(("signals", "calendar", "week"), ClientSelection.SHOP),
        PRODUCT_WEATHER: JobDefinition(("product_weather", "time_of_day", "cross_store"), ClientSelection.SHOP),
        BACKTESTING: JobDefinition(("products", "stores"), ClientSelection.SHOP),
        CURIOSITY: JobDefinition(("night",), ClientSelection.SHOP),
        ROI_REPORT: JobDefinition(("roi_report",), ClientSelection.SHOP),
    }
)
