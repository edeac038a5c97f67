"""The deployed functions; each is deployed alone and imports only what it calls."""

from typing import Any

from brain.entrypoints import deployed


async def ingest(request: Any) -> Any:
    """Accept events from integrations."""
    return await deployed.handle_ingest(request)


def brainApi(request: Any) -> deployed.FlaskResponse:
    """Respond to the dashboard and tools."""
    return deployed.handle_api(request)


def brainHourlyScores(request: Any) -> deployed.FlaskResponse:
    """Score the events received since the last run."""
    return deployed.handle_schedule("brainHourlyScores", request)


def brainDailyAnalysis(request: Any) -> deployed.FlaskResponse:
    """Detect anomalies, record outcomes and learn from them."""
    return deployed.handle_schedule("brainDailyAnalysis", request)


def brainWeeklyReport(request: Any) -> deployed.FlaskResponse:
    """Write the weekly reports."""
    return deployed.handle_schedule("brainWeeklyReport", request)


def brainCuriosity(request: Any) -> deployed.FlaskResponse:
    """Test hypotheses about the shop's sales."""
    return deployed.handle_schedule("brainCuriosity", request)


def brainSignalMagnitude(request: Any) -> deployed.FlaskResponse:
    """Estimate the lift of each signal on daily sales and forecast the next days."""
    return deployed.handle_schedule("brainSignalMagnitude", request)


def brainProductWeather(request: Any) -> deployed.FlaskResponse:
    """Relate products to weather, hours and stores to each other."""
    return deployed.handle_schedule("brainProductWeather", request)


def brainBacktesting(request: Any) -> deployed.FlaskResponse:
    """Backtest 180 days of forecasts against the sales."""
    return deployed.handle_schedule("brainBacktesting", request)


def brainRoiReport(request: Any) -> deployed.FlaskResponse:
    """Estimate the value of the decisions of the last month."""
    return deployed.handle_schedule("brainRoiReport", request)


def brainWorker(request: Any) -> deployed.FlaskResponse:
    """Perform one job for one client."""
    return deployed.handle_task(request)
