"""Weighs the models by how they did on days already known, and falls back to the naive rule they cannot beat."""

from collections.abc import Sequence

import numpy as np

from brain.domain.types import Booleans, Floats

FIRST_LOSS_SHARE = 0.5
"""Before anything is known, the members are trusted as if each had this many weeks of equal loss behind it."""


def list_new_observations(origins: Sequence[int], horizon: int) -> list[list[tuple[int, int]]]:
    """For each origin, the (origin index, step) pairs whose day became known since the origin before it."""
    ends: list[list[tuple[int, int]]] = [[] for _ in origins]
    for index, origin in enumerate(origins):
        for step in range(horizon):
            at = int(np.searchsorted(origins, origin + 1 + step))
            if at < len(origins):
                ends[at].append((index, step))
    return ends


def combine_forecasts(
    said: Floats,
    modelled: Floats,
    origins: Sequence[int],
    naive: int,
    memory_weeks: float,
    power: float,
    ratio: Booleans,
) -> Floats:
    """Join members' forecasts (members, series, origins, horizon) into (series, origins, horizon).

    ``modelled`` (series, days) holds what came, NaN where closed. A member's weight is its discounted absolute error
    so far, relative to the best, to the power of minus ``power`` (Bates, Granger 1969; Stock, Watson 2004); an origin
    uses only errors of days known by then. Errors count squared where not ``ratio`` (series,): the sums of slow
    products are wanted right in the mean, not mostly zero. Where the combination has lost to member ``naive`` so far,
    that member speaks alone.
    """
    members, series, _, horizon = said.shape
    loss = np.zeros((members + 1, series))
    days = np.zeros((members + 1, series))
    joined = np.full(said.shape[1:], np.nan)
    answer = np.full(said.shape[1:], np.nan)
    previous = origins[0]
    for index, pairs in enumerate(list_new_observations(origins, horizon)):
        decay = 0.5 ** ((origins[index] - previous) / 7.0 / memory_weeks)
        previous = origins[index]
        loss *= decay
        days *= decay
        for at, step in pairs:
            came = modelled[:, origins[at] + 1 + step]
            _add_errors(loss, days, said[:, :, at, step], joined[:, at, step], came, ratio)
        joined[:, index] = _weighed(said[:, :, index], loss, days, power)
        beaten = loss[-1] > loss[naive]
        answer[:, index] = np.where(beaten[:, None], _else(said[naive, :, index], joined[:, index]), joined[:, index])
    return answer


def _else(first: Floats, second: Floats) -> Floats:
    return np.where(np.isfinite(first), first, second)


def _add_errors(loss: Floats, days: Floats, said: Floats, joined: Floats, came: Floats, ratio: Booleans) -> None:
    """Add the absolute errors of one day on which every member spoke, so that all are compared on the same days."""
    everyone = np.concatenate([said, joined[None]])
    distance = np.abs(everyone - came)
    error = np.where(ratio, distance, distance**2)
    speaking = np.isfinite(error).any(axis=1) | (days.sum(axis=1) == 0)
    common = np.isfinite(error[speaking]).all(axis=0)
    loss += np.where(common & np.isfinite(error), error, 0.0)
    days += common & np.isfinite(error)


def _weighed(said: Floats, loss: Floats, days: Floats, power: float) -> Floats:
    mean = _mean_loss(loss[:-1], days[:-1])
    weights = (mean.min(axis=0) / mean) ** power
    present = np.isfinite(said)
    shares = weights[:, :, None] * present
    total = shares.sum(axis=0)
    joined = (shares * np.where(present, said, 0.0)).sum(axis=0) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, joined, np.nan)


def _mean_loss(loss: Floats, days: Floats) -> Floats:
    """Mean absolute error of each member, drawn to the mean over members while little is known."""
    pooled = loss.sum(axis=0) / np.maximum(days.sum(axis=0), 1e-9)
    pooled = np.where(pooled > 0, pooled, 1.0)
    return (loss + FIRST_LOSS_SHARE * 7 * pooled) / (days + FIRST_LOSS_SHARE * 7)
