"""Every deployed entry point, by its deployed name; each is loaded alone and imports only what it calls."""

from typing import Any

from brain.entrypoints import deployed


async def ingest(request: Any) -> Any:
    """Takes events from integrations."""
    return await deployed.ingest(request)


def brainApi(request: Any) -> deployed.Answer:
    """Answers the dashboard and tools."""
    return deployed.api(request)


def brainHourlyScores(request: Any) -> deployed.Answer:
    """Scores the events that are new since the last run."""
    return deployed.scheduled("brainHourlyScores", request)


def brainDailyAnalysis(request: Any) -> deployed.Answer:
    """Finds anomalies, records outcomes and learns."""
    return deployed.scheduled("brainDailyAnalysis", request)


def brainWeeklyReport(request: Any) -> deployed.Answer:
    """Writes and delivers the weekly reports."""
    return deployed.scheduled("brainWeeklyReport", request)


def brainCuriosity(request: Any) -> deployed.Answer:
    """Tests the night's hypotheses on shop sales."""
    return deployed.scheduled("brainCuriosity", request)


def brainSignalMagnitude(request: Any) -> deployed.Answer:
    """Measures the lift of each signal on daily sales."""
    return deployed.scheduled("brainSignalMagnitude", request)


def brainProductWeather(request: Any) -> deployed.Answer:
    """Relates products to weather."""
    return deployed.scheduled("brainProductWeather", request)


def brainBacktesting(request: Any) -> deployed.Answer:
    """Replays 180 days of forecasts against what was sold."""
    return deployed.scheduled("brainBacktesting", request)


def brainRoiReport(request: Any) -> deployed.Answer:
    """Values the month's decisions."""
    return deployed.scheduled("brainRoiReport", request)


def brainWorker(request: Any) -> deployed.Answer:
    """Does one job for one client."""
    return deployed.worker(request)
