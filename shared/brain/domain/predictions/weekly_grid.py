"""Predicts what a client's usual content will bring in the next seven days, and judges it once it has come.

Nothing is planned in the Brain, so the plan is the client's habit: each platform and content type in use, on every
weekday, at the hours at which it was published most. A grid is made before what it is judged by, and never after.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from brain.domain.days.sums import MIDNIGHT
from brain.domain.predictions.answer import predict_planned
from brain.domain.predictions.config import PredictionConfig
from brain.domain.predictions.forecast import Prediction
from brain.domain.predictions.outlook import SAID, Cell, Grid, Judgement, Outlook

Row: TypeAlias = Mapping[str, Any]
Kind: TypeAlias = tuple[str, str]
SETTLED = timedelta(hours=48)
IN_USE = timedelta(days=28)
KINDS, HOURS = 12, 3
WEEK = 7


def forecast(
    rows: Sequence[Row],
    period: str,
    as_of: datetime,
    time_zone: ZoneInfo,
    config: PredictionConfig,
    asked: float = SAID,
) -> tuple[Grid | None, str | None]:
    """Return the grid for the seven days after ``as_of``, or None and what is missing for any prediction.

    ``rows`` are the latest content; what is younger than two days has not brought all that it will. ``asked`` is the
    level that the record so far calls for (``Outlook.asked``).
    """
    known = [row for row in rows if row["at"] + SETTLED <= as_of]
    planned = _planned(known, as_of, time_zone)
    if len(known) >= config.reliable_from and not planned:
        return None, f"nothing was published in the {IN_USE.days} days before"
    history = [
        _features(_kind(row), local(row["at"], time_zone)) | {"engagements": row["engagements"]} for row in known
    ]
    plan = [_features(kind, at) for kind, at in planned]
    asking = config.model_copy(update={"level": asked})
    answer = predict_planned(history, plan, target="engagements", time="at", config=asking)
    if answer.model is None:
        return None, answer.enough.sentence()
    told = zip(planned, answer.predictions, answer.missing, strict=True)
    cells = tuple(_cell(kind, at, prediction, missing) for (kind, at), prediction, missing in told if prediction)
    return Grid(period, as_of, cells), None


def judge(rows: Sequence[Row], outlook: Outlook, as_of: datetime, time_zone: ZoneInfo) -> list[Judgement]:
    """Return what settled content says of the intervals that were predicted before it was published."""
    done = {judgement.event_id for judgement in outlook.judged}
    settled = [row for row in rows if row["at"] + SETTLED <= as_of and row["event_id"] not in done]
    judged = (_judgement(row, outlook, time_zone) for row in settled)
    return [judgement for judgement in judged if judgement]


def local(at: datetime, time_zone: ZoneInfo) -> datetime:
    """Return a moment on the client's own clock; a date without a time, read as midnight UTC, stays that date."""
    utc = at.astimezone(UTC)
    return utc if utc.time() == MIDNIGHT else at.astimezone(time_zone)


def _judgement(row: Row, outlook: Outlook, time_zone: ZoneInfo) -> Judgement | None:
    grid = next((grid for grid in reversed(outlook.grids) if grid.covers(row["at"])), None)
    at = local(row["at"], time_zone)
    cells = [cell for cell in grid.cells if (cell.platform, cell.content_type) == _kind(row)] if grid else []
    if not cells:
        return None
    cell = min(cells, key=lambda each: (each.distance(at.weekday(), at.hour), each.weekday, each.hour))
    if cell.lower is None or cell.upper is None:
        return None
    return Judgement(row["event_id"], row["at"], cell.predicted, cell.lower, cell.upper, float(row["engagements"]))


def _planned(known: Sequence[Row], as_of: datetime, time_zone: ZoneInfo) -> list[tuple[Kind, datetime]]:
    used = [row for row in known if row["at"] > as_of - IN_USE]
    counts = Counter(_kind(row) for row in used)
    kinds = sorted(counts, key=lambda kind: (-counts[kind], kind))[:KINDS]
    first = as_of.astimezone(time_zone).date() + timedelta(days=1)
    return [(kind, at) for kind in kinds for at in _moments(_hours(kind, used, time_zone), first, time_zone)]


def _hours(kind: Kind, used: Sequence[Row], time_zone: ZoneInfo) -> list[int]:
    counts = Counter(local(row["at"], time_zone).hour for row in used if _kind(row) == kind)
    return sorted(sorted(counts, key=lambda hour: (-counts[hour], hour))[:HOURS])


def _moments(hours: Sequence[int], first: date, time_zone: ZoneInfo) -> list[datetime]:
    days = [first + timedelta(days=offset) for offset in range(WEEK)]
    return [datetime.combine(day, time(hour), time_zone) for day in days for hour in hours]


def _kind(row: Row) -> Kind:
    return row["platform"], row["content_type"]


def _features(kind: Kind, at: datetime) -> dict[str, Any]:
    return {"platform": kind[0], "content_type": kind[1], "at": at.isoformat()}


def _cell(kind: Kind, at: datetime, prediction: Prediction, missing: str | None) -> Cell:
    low, high = _finite(prediction.lower), _finite(prediction.upper)
    return Cell(*kind, at.weekday(), at.hour, prediction.predicted, low, high, prediction.confidence, missing)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
