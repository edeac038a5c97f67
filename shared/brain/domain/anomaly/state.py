"""The running model as plain values and back, so that a detector can be stored between runs.

Only maps and lists of numbers are used, and no list lies directly in a list: document stores forbid that.
"""

from collections.abc import Mapping
from typing import Any

from brain.domain.anomaly.budget import AlarmBudget
from brain.domain.anomaly.config import AnomalyConfig
from brain.domain.anomaly.limits import Limits
from brain.domain.anomaly.model import SeriesModel
from brain.domain.anomaly.rhythm import rhythm_of
from brain.domain.anomaly.season import Seasons, Stage
from brain.domain.anomaly.tail import Tail

_PLAIN = ("sustained", "readings", "started", "last", "beyond", "before", "left", "left_at", "left_growth")
_COUNTS = ("block", "blocks", "weight", "surprised", "hits", "trials")


def dump(model: SeriesModel) -> dict[str, Any]:
    """Return a model as JSON-able values."""
    return {
        "interval_seconds": model.rhythm.interval_seconds,
        "best": model.seasons.best,
        "stages": [_dump_stage(stage) for stage in model.seasons.stages],
        "recent": list(model.recent.values),
        "limits": {name: getattr(model.limits, name) for name in _COUNTS},
        "tails": [_dump_tail(tail) for tail in model.limits.tails],
        **{name: getattr(model, name) for name in _PLAIN},
    }


def load(state: Mapping[str, Any], budget: AlarmBudget, config: AnomalyConfig) -> SeriesModel:
    """Return the model that :func:`dump` described, with limits for ``budget``."""
    model = SeriesModel(rhythm_of((0.0, state["interval_seconds"]), config), budget, config)
    for name in _PLAIN:
        setattr(model, name, state[name])
    model.recent.restart(state["recent"])
    _load_seasons(model.seasons, state)
    _load_limits(model.limits, state)
    return model


def _dump_stage(stage: Stage) -> dict[str, Any]:
    profile = stage.profile
    seen = {str(slot): n for slot, n in enumerate(profile.visits) if n}
    return {
        "level": list(stage.level.values),
        "error": stage.error,
        "judged": stage.judged,
        "settled": profile.settled,
        "visits": seen,
        "offsets": {slot: profile.offsets[int(slot)] for slot in seen},
    }


def _load_seasons(seasons: Seasons, state: Mapping[str, Any]) -> None:
    for stage, kept in zip(seasons.stages, state["stages"], strict=True):
        stage.level.restart(kept["level"])
        stage.error, stage.judged = kept["error"], kept["judged"]
        stage.profile.settled = kept["settled"]
        for slot, n in kept["visits"].items():
            stage.profile.visits[int(slot)] = n
            stage.profile.offsets[int(slot)] = kept["offsets"][slot]
    seasons.resume(state["best"])


def _dump_tail(tail: Tail) -> dict[str, Any]:
    return {"bins": {str(place): weight for place, weight in tail.bins.items()}, "zeros": tail.zeros, "peak": tail.peak}


def _load_limits(limits: Limits, state: Mapping[str, Any]) -> None:
    for name in _COUNTS:
        setattr(limits, name, state["limits"][name])
    for tail, kept in zip(limits.tails, state["tails"], strict=True):
        tail.bins = {int(place): weight for place, weight in kept["bins"].items()}
        tail.zeros, tail.peak = kept["zeros"], kept["peak"]
    limits.fit()
