"""Cells of CSV output that no spreadsheet runs as a formula.

A spreadsheet evaluates a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break, also when it is
quoted in the file. Names of stores, products and columns come from others, so such a cell is written as text.
Source: OWASP, "CSV Injection".
"""

import re
from collections.abc import Iterable

_FORMULA_START = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
_NUMBER = re.compile(r"[+-]?(?:\d[\d.,]*|[.,]\d+)(?:[eE][+-]?\d+)?\s*%?", re.ASCII)
_TEXT_MARK = "'"


def quote_formula(cell: object) -> object:
    """Return a cell of CSV output; a text that a spreadsheet would evaluate gets an apostrophe in front.

    Numbers stay as they are, also those that are written as text.

    Example:
        >>> quote_formula("=HYPERLINK(1)"), quote_formula("@sum"), quote_formula("linkedin")
        ("'=HYPERLINK(1)", "'@sum", 'linkedin')
        >>> quote_formula(-5), quote_formula("-5.2"), quote_formula("-2+3")
        (-5, '-5.2', "'-2+3")
    """
    if not isinstance(cell, str) or not cell.startswith(_FORMULA_START) or _NUMBER.fullmatch(cell):
        return cell
    return _TEXT_MARK + cell


def quote_row(cells: Iterable[object]) -> list[object]:
    """Return a row of CSV output without formulas."""
    return [quote_formula(cell) for cell in cells]
