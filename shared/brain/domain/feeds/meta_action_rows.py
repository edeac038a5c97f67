"""Rows of one action of a Meta ad, as warehouses list them: in one table how often, in another for how much money.

Both tables of a connector have the same columns. A row belongs to the table of values if it names it, or if a figure is
no whole number, since nobody buys half a time.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from brain.domain.events import Notice
from brain.domain.feeds.json_values import parse_number
from brain.errors import InvalidInputError

ACTION_COLUMNS: Final = frozenset({"action_type", "value"})
# Where tools write which table a row is from.
_TABLE_COLUMNS: Final = (
    "_dbt_source_relation", "source_relation", "source_table", "_source_table", "table_name", "_table_name", "table",
    "_table", "__table", "_sdc_table", "_stream",
)  # fmt: skip
_VALUES: Final = "action_values"
_ACTIONS: Final = "actions"
UNNAMED_TABLE: Final = Notice(
    "unnamed_table",
    "rows of purchases must name their table, got none: basic_ad_actions and basic_ad_action_values have the same "
    "columns, and these were counted as actions; add a column _dbt_source_relation",
)


def is_action_row(row: Mapping[str, Any]) -> bool:
    """Return whether the row is one action of an ad."""
    return row.keys() >= ACTION_COLUMNS


def is_value_row(row: Mapping[str, Any]) -> bool:
    """Return whether the row is the money that one action was worth.

    >>> is_value_row({"action_type": "purchase", "value": 89.5}), is_value_row({"action_type": "purchase", "value": 2})
    (True, False)
    """
    if not is_action_row(row):
        return False
    table = _name_table(row)
    return table == _VALUES if table else any(map(_is_fraction, _list_figures(row)))


def has_unnamed_table(row: Mapping[str, Any], money_types: Iterable[str]) -> bool:
    """Return whether a row of one action could be of either table."""
    is_money = is_action_row(row) and row["action_type"] in money_types
    return is_money and not _name_table(row) and not is_value_row(row)


def _name_table(row: Mapping[str, Any]) -> str | None:
    """Return which of the two tables a row names, None if it names neither."""
    for name in _TABLE_COLUMNS:
        table = str(row.get(name) or "").lower()
        if _VALUES in table:
            return _VALUES
        if table.rstrip("`\"'").endswith(_ACTIONS):
            return _ACTIONS
    return None


def _list_figures(row: Mapping[str, Any]) -> list[Any]:
    return [figure for name, figure in row.items() if name == "value" or name.endswith(("_view", "_click", "_ev"))]


def _is_fraction(figure: Any) -> bool:
    try:
        return isinstance(parse_number(figure), float)
    except InvalidInputError:
        return False
