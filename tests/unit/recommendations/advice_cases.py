"""A small catalogue and clients in it, for the tests of recommendations."""

from datetime import UTC, datetime, timedelta
from typing import Any

import yaml

from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.context import AdviceContext, parse_context
from brain.settings.files import config_directory

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


def catalogue_text() -> dict[str, Any]:
    """The catalogue as the file states it, to be changed by a test."""
    return yaml.safe_load((config_directory() / "triggers.yaml").read_text(encoding="utf-8"))


CATALOGUE: MoveCatalogue = MoveCatalogue.model_validate(catalogue_text())


def context(metrics: dict[str, Any] | None = None, **more: Any) -> AdviceContext:
    """A client of the catalogue with these metrics, at nine on a Monday."""
    stated = {"client_id": "acme", "as_of": NOW.isoformat(), "metrics": metrics or {}, "confidence": 0.8, **more}
    return parse_context(stated, CATALOGUE.metrics)


def days_ago(days: float) -> str:
    """That many days before the context's moment."""
    return (NOW - timedelta(days=days)).isoformat()


# Ten conditions hold, five of them of moves that may not be explored; the rest is not known or is not met.
BUSY = {
    "engagement_trend_7d": {"value": 0.7, "confidence": 0.9},
    "posting_frequency_per_week": 1.0,
    "best_format_lift": [{"subject": "video", "value": 0.4, "lower": 0.2, "upper": 0.6, "observations": 60}],
    "best_hour_lift": [{"subject": "18:00", "value": 0.2, "lower": 0.0, "upper": 0.4}],
    "click_rate": 0.01,
    "bounce_rate": 0.03,
    "unsubscribe_rate": 0.006,
    "bot_ratio": 0.3,
    "open_anomalies": [{"subject": "reach", "value": 1}],
    "hours_since_last_event": [{"subject": "email", "value": 72}],
}
