"""Actions of Meta's insights: which of them count as a metric, once each, however Meta lists them."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, Self

from pydantic import model_validator

from brain.domain.events import Notice
from brain.domain.feeds.draft_builder import DraftBuilder
from brain.domain.feeds.json_values import parse_embedded_json, to_text
from brain.domain.feeds.meta_action_rows import ACTION_COLUMNS, is_action_row, is_value_row
from brain.domain.types import StrictModel

# One purchase is listed under several types, of which only the first listed one counts. "omni" is Meta's own union.
PURCHASE_TYPES: Final = (
    "omni_purchase", "purchase", "onsite_web_app_purchase", "onsite_web_purchase",
    "offsite_conversion.fb_pixel_purchase", "web_in_store_purchase", "web_app_in_store_purchase",
    "app_custom_event.fb_mobile_purchase", "onsite_conversion.purchase",
)  # fmt: skip
LEAD_TYPES: Final = ("lead", "onsite_web_lead", "offsite_conversion.fb_pixel_lead", "onsite_conversion.lead_grouped")
DEFAULT_WINDOW: Final = "value"
_ACTION_TYPES: Final[Mapping[str, tuple[str, ...]]] = {
    "likes": ("post_reaction",),
    "comments": ("comment",),
    "shares": ("post",),
    "views": ("video_view",),
    "engagements": ("post_engagement", "page_engagement"),
}
# What an entry says about its figure; every other field is a breakdown, whose parts add up.
_WINDOW_WORDS: Final = ("click", "view", "ev", "engaged", "inline", "dda", "value", "unique", "incrementality")
_WINDOW: Final = re.compile(r"^(\d+)d_")
_WHOLE: Final[frozenset[tuple[str, str]]] = frozenset()


class MetaAdsConfig(StrictModel):
    """Which actions of Meta's ads are conversions, and within which time after the ad was seen or clicked.

    ``conversions`` and ``revenue`` are lists of aliases: of each list that Meta reports, the first alias counts, and
    the first list that is reported counts alone (purchases, else leads). ``attribution_window`` is the field of an
    entry that has its figure: ``value`` is that of the ad set's own setting, ``7d_click`` another one, which the query
    must ask for by ``action_attribution_windows``.
    """

    conversions: tuple[tuple[str, ...], ...]
    revenue: tuple[str, ...]
    attribution_window: str

    @model_validator(mode="after")
    def _check_actions(self) -> Self:
        if not self.conversions or not all(self.conversions):
            raise ValueError("conversions must list at least one action_type, got none")
        return self


DEFAULT_META_ADS: Final = MetaAdsConfig(
    conversions=(PURCHASE_TYPES, LEAD_TYPES), revenue=PURCHASE_TYPES, attribution_window=DEFAULT_WINDOW
)
"""What counts where no configuration was loaded; the same as in ``config/feeds.yaml``."""


def add_action_metrics(builder: DraftBuilder, row: Mapping[str, Any], config: MetaAdsConfig) -> dict[str, str]:
    """Add what people did after they saw the ad; an action that is listed under several types counts once.

    Returns:
        Which action types counted as conversions and as revenue, and in which attribution window.
    """
    window = config.attribution_window
    listed_actions, listed_values = _list_entries(builder, row)
    actions, values = _sum_by_type(builder, listed_actions, window), _sum_by_type(builder, listed_values, window)
    for metric, action_types in _ACTION_TYPES.items():
        builder.add_count(metric, actions, *action_types)
    if "clicks" not in builder.metrics:
        builder.add_count("clicks", actions, "link_click")
    conversion = _select_first(actions, _list_conversions(row, config))
    revenue = _select_first(values, _list_aliases(row, config.revenue))
    builder.add_amount("conversions", actions, *conversion)
    builder.add_amount("revenue", values, *revenue)
    if "conversions" not in builder.metrics and not isinstance(parse_embedded_json(row.get("conversions")), list):
        builder.add_amount("conversions", row, "conversions", "purchases")
    counted = {"conversions": conversion, "revenue": revenue}
    return {"attribution_window": window} | {name: types[0] for name, types in counted.items() if types}


def _list_entries(builder: DraftBuilder, row: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """Return the actions and the values of a row, which may itself be one of either."""
    if is_value_row(row):
        return [], [row]
    actions = [row] if is_action_row(row) else builder.read_list(row, "actions")
    return actions, builder.read_list(row, "action_values")


def _list_conversions(row: Mapping[str, Any], config: MetaAdsConfig) -> Iterable[str]:
    """Return the action types in their order; a row of one action does not show which others it is listed under.

    Of a row of one action only the union of its aliases counts, which Meta lists without a prefix.
    """
    return (action_type for aliases in config.conversions for action_type in _list_aliases(row, aliases))


def _list_aliases(row: Mapping[str, Any], aliases: Sequence[str]) -> Sequence[str]:
    if "action_type" not in row or not aliases:
        return aliases
    return (next((name for name in aliases if _is_union(name)), aliases[0]),)


def _is_union(action_type: str) -> bool:
    return "." not in action_type and "_" not in action_type


def _select_first(actions: Mapping[str, Any], action_types: Iterable[str]) -> tuple[str, ...]:
    return next(((action_type,) for action_type in action_types if actions.get(action_type) is not None), ())


def _sum_by_type(builder: DraftBuilder, actions: Iterable[Any], window: str) -> dict[str, Any]:
    """Return the figure of every action type: the sum of its parts by breakdown, each part once."""
    parts: dict[str, dict[frozenset[tuple[str, str]], Any]] = {}
    for action in actions:
        action_type = to_text(action.get("action_type")) if isinstance(action, Mapping) else None
        if action_type is None:
            builder.faults.append("actions: expected a list of action_type and value, got another entry")
            return {}
        part = _describe_part(action)
        figure = _read_figure(builder, action, window)
        figures = parts.setdefault(action_type, {})
        if figures.get(part, figure) != figure:
            builder.faults.append(
                "actions: expected one value per action_type and breakdown, got several of the same; "
                "request the breakdown that tells them apart"
            )
        figures.setdefault(part, figure)
    return {action_type: _add_up(list(figures.values())) for action_type, figures in parts.items()}


def _describe_part(action: Mapping[str, Any]) -> frozenset[tuple[str, str]]:
    """Return the breakdown of an entry, such as its device and destination."""
    if len(action) <= len(ACTION_COLUMNS):
        return _WHOLE
    return frozenset(
        (name, str(value))
        for name, value in action.items()
        if name != "action_type" and not _is_figure(name) and isinstance(value, str | int | bool)
    )


@lru_cache(maxsize=1024)
def _is_figure(name: str) -> bool:
    """Return whether a field of an entry is a figure of an attribution window, such as ``7d_click`` or ``value``."""
    return name.rsplit("_", 1)[-1] in _WINDOW_WORDS or name.endswith(_WINDOW_WORDS)


def _read_figure(builder: DraftBuilder, action: Mapping[str, Any], window: str) -> Any:
    column = window if window in action else _WINDOW.sub(r"_\1_d_", window)  # as warehouses name their columns
    if column not in action:
        _note_missing_window(builder, window)
    return builder.read_number(action, column)


def _note_missing_window(builder: DraftBuilder, window: str) -> None:
    notice = Notice(
        "attribution_window",
        f"actions must have a value for the attribution window {window}, got none; request it by "
        "action_attribution_windows, or configure another one",
    )
    if notice not in builder.notices:
        builder.notices.append(notice)


def _add_up(figures: list[Any]) -> int | float | None:
    known = [figure for figure in figures if figure is not None]
    total = math.fsum(known) if known else None
    return int(total) if total is not None and total.is_integer() else total
