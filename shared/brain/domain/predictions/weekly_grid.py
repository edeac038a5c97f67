"""Predict what a client's usual content will bring in the next seven days, and judge it once it is published.

The Brain holds no plans, so the plan is the client's habit: each platform and content type in use, on every weekday, at
the hours at which it was published most often. Content is only judged by grids that were made before it.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.days.sums import MIDNIGHT
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.outlook import NOMINAL_LEVEL, ContentOutlook, GridCell, JudgedContent, PredictionGrid
from brain.domain.predictions.planned_content import predict_planned
from brain.domain.predictions.prediction_model import Prediction

ContentRow: TypeAlias = Mapping[str, Any]
"""A row of ``recent_content``: event_id, at, platform, content_type, engagements."""
ContentKind: TypeAlias = tuple[str, str]
"""A platform and a content type."""
SETTLING_TIME = timedelta(hours=48)
ACTIVE_WINDOW = timedelta(days=28)
MAX_KINDS, HOURS_PER_KIND = 12, 3
DAYS_PER_WEEK = 7


def predict_week(
    rows: Sequence[ContentRow],
    period: str,
    as_of: datetime,
    time_zone: ZoneInfo,
    config: PredictionConfig,
    level: float = NOMINAL_LEVEL,
) -> tuple[PredictionGrid | None, str | None]:
    """Return the grid for the seven days after ``as_of``, or None and what is missing for any prediction.

    Args:
        rows: The recent content; content younger than two days is ignored, because its engagements still grow.
        period: The ISO week of the grid.
        as_of: The time of the prediction.
        time_zone: The client's time zone.
        config: The constants of predictions.
        level: The level of the intervals (``ContentOutlook.level``).

    >>> from brain.settings.files import load_config
    >>> config = load_config("brain_predictions", PredictionConfig)
    >>> predict_week([], "2026-W45", datetime(2026, 11, 2, tzinfo=UTC), ZoneInfo("UTC"), config)
    (None, 'not enough data yet: 0 observations, about 10 are enough; the pace is not known')
    """
    settled = [row for row in rows if row["at"] + SETTLING_TIME <= as_of]
    planned = _plan_week(settled, as_of, time_zone)
    if len(settled) >= config.reliable_from and not planned:
        return None, f"nothing was published in the {ACTIVE_WINDOW.days} days before"
    history = [
        _build_features(_get_kind(row), to_local(row["at"], time_zone)) | {"engagements": row["engagements"]}
        for row in settled
    ]
    plan = [_build_features(kind, publish_at) for kind, publish_at in planned]
    adapted_config = config.model_copy(update={"level": level})
    answer = predict_planned(history, plan, target="engagements", time="at", config=adapted_config)
    if answer.model is None:
        return None, answer.sufficiency.to_sentence()
    predictions = zip(planned, answer.predictions, answer.missing, strict=True)
    cells = tuple(
        _build_cell(kind, publish_at, prediction, missing)
        for (kind, publish_at), prediction, missing in predictions
        if prediction
    )
    return PredictionGrid(period, as_of, cells), None


def judge_content(
    rows: Sequence[ContentRow], outlook: ContentOutlook, as_of: datetime, time_zone: ZoneInfo
) -> list[JudgedContent]:
    """Return the settled content that is not judged yet, with the prediction made before it was published.

    >>> published_at = datetime(2026, 11, 3, 9, tzinfo=UTC)
    >>> cell = GridCell("x", "photo", 1, 9, 100.0, 50.0, 200.0, 0.8, None)
    >>> outlook = ContentOutlook(grids=(PredictionGrid("2026-W45", datetime(2026, 11, 2, tzinfo=UTC), (cell,)),))
    >>> row = {"event_id": "e1", "at": published_at, "platform": "x", "content_type": "photo", "engagements": 120}
    >>> as_of = datetime(2026, 11, 9, tzinfo=UTC)
    >>> [content.is_covered for content in judge_content([row], outlook, as_of, ZoneInfo("UTC"))]
    [True]
    """
    judged_ids = {content.event_id for content in outlook.judged}
    settled = [row for row in rows if row["at"] + SETTLING_TIME <= as_of and row["event_id"] not in judged_ids]
    judged_content = (_judge_row(row, outlook, time_zone) for row in settled)
    return [content for content in judged_content if content]


def to_local(time_of_event: datetime, time_zone: ZoneInfo) -> datetime:
    """Return a time on the client's clock; a date without a time, stored as midnight UTC, keeps its date.

    >>> to_local(datetime(2026, 10, 5, 10, tzinfo=UTC), ZoneInfo("Europe/Berlin")).hour
    12
    >>> to_local(datetime(2026, 10, 5, tzinfo=UTC), ZoneInfo("America/New_York")).day
    5
    """
    utc = time_of_event.astimezone(UTC)
    return utc if utc.time() == MIDNIGHT else time_of_event.astimezone(time_zone)


def _judge_row(row: ContentRow, outlook: ContentOutlook, time_zone: ZoneInfo) -> JudgedContent | None:
    grid = next((grid for grid in reversed(outlook.grids) if grid.covers(row["at"])), None)
    local = to_local(row["at"], time_zone)
    cells = [cell for cell in grid.cells if (cell.platform, cell.content_type) == _get_kind(row)] if grid else []
    if not cells:
        return None
    nearest = min(cells, key=lambda cell: (cell.hours_apart(local.weekday(), local.hour), cell.weekday, cell.hour))
    if nearest.lower is None or nearest.upper is None:
        return None
    observed = float(row["engagements"])
    return JudgedContent(row["event_id"], row["at"], nearest.predicted, nearest.lower, nearest.upper, observed)


def _plan_week(
    settled: Sequence[ContentRow], as_of: datetime, time_zone: ZoneInfo
) -> list[tuple[ContentKind, datetime]]:
    """Return the kinds of content in use with the local times at which they are expected."""
    active = [row for row in settled if row["at"] > as_of - ACTIVE_WINDOW]
    counts = Counter(_get_kind(row) for row in active)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))[:MAX_KINDS]
    first_day = as_of.astimezone(time_zone).date() + timedelta(days=1)
    return [
        (kind, publish_at)
        for kind in kinds
        for publish_at in _list_times(_usual_hours(kind, active, time_zone), first_day, time_zone)
    ]


def _usual_hours(kind: ContentKind, active: Sequence[ContentRow], time_zone: ZoneInfo) -> list[int]:
    counts = Counter(to_local(row["at"], time_zone).hour for row in active if _get_kind(row) == kind)
    return sorted(sorted(counts, key=lambda hour: (-counts[hour], hour))[:HOURS_PER_KIND])


def _list_times(hours: Sequence[int], first_day: date, time_zone: ZoneInfo) -> list[datetime]:
    days = [first_day + timedelta(days=offset) for offset in range(DAYS_PER_WEEK)]
    return [datetime.combine(day, time(hour), time_zone) for day in days for hour in hours]


def _get_kind(row: ContentRow) -> ContentKind:
    return row["platform"], row["content_type"]


def _build_features(kind: ContentKind, publish_at: datetime) -> dict[str, Any]:
    return {"platform": kind[0], "content_type": kind[1], "at": publish_at.isoformat()}


def _build_cell(kind: ContentKind, publish_at: datetime, prediction: Prediction, missing: str | None) -> GridCell:
    return GridCell(
        platform=kind[0],
        content_type=kind[1],
        weekday=publish_at.weekday(),
        hour=publish_at.hour,
        predicted=prediction.predicted,
        lower=_finite_or_none(prediction.lower),
        upper=_finite_or_none(prediction.upper),
        confidence=prediction.confidence,
        missing=missing,
    )


def _finite_or_none(number: float) -> float | None:
    return number if math.isfinite(number) else None
