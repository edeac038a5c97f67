"""Proposed field maps: the time, the key and the metrics of an unknown export, and what is left to a person."""

import pytest

from brain.domain.feeds.field_map_proposal import propose_field_map
from brain.errors import InvalidInputError


def test_dimensions_are_the_key_and_unknown_numbers_are_named() -> None:
    """Texts, truth values and ids; a name beside its id only describes."""
    row = {
        "Date": "2026-11-20", "campaign_id": "12", "campaign_name": "Spring", "device": "mobile", "is_new": True,
        "Clicks": "3", "Cost": "1.50", "Currency": "EUR", "quality": "7",
    }  # fmt: skip
    proposal = propose_field_map([row], "an export")
    assert proposal.field_map.key == ("Date", "campaign_id", "device", "is_new")
    assert proposal.field_map.metrics == {"clicks": ("Clicks",), "spend": ("Cost",)}
    assert (proposal.field_map.time.column, proposal.field_map.currency_column) == ("Date", "Currency")
    assert proposal.unread_columns == ("campaign_name", "Currency", "quality")


@pytest.mark.parametrize(
    ("cost", "delimiter", "decimal"),
    [("1.50", ",", None), ("3,49", ";", ","), ("1.111,11", ";", ","), ("1,000", ",", None), ("12", "\t", None)],
)
def test_delimiter_and_decimal_comma_are_proposed(cost: str, delimiter: str, decimal: str | None) -> None:
    """A comma before three digits may separate thousands, so it proposes nothing."""
    proposal = propose_field_map([{"Date": "2026-11-20", "Cost": cost}], "an export", delimiter)
    assert (proposal.field_map.delimiter, proposal.field_map.decimal) == (delimiter, decimal)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        ([{"clicks": 3}], "a column of times"),
        ([{"clicks": 3, "number": "20261120"}], "a column of times"),
        ([{"day": "2026-11-20", "quality": 3}], "a column named like a metric"),
    ],
)
def test_what_cannot_be_proposed_is_said(rows: list[dict[str, object]], reason: str) -> None:
    """Rows without a time or without a metric."""
    with pytest.raises(InvalidInputError, match=reason):
        propose_field_map(rows, "an export")
