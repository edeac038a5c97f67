"""The context that the documentation shows is one that the command takes."""

import json
from pathlib import Path

from unit.recommendations.advice_cases import CATALOGUE

from brain.domain.recommendations.advice import advise
from brain.domain.recommendations.context import parse_context

PAGE = Path(__file__).parents[3] / "docs" / "how-it-recommends.md"


def test_the_documented_context_is_read_and_advised_on():
    """Whoever copies it gets advice, with the numbers that stand in it."""
    example = PAGE.read_text(encoding="utf-8").partition("<<'CONTEXT' >context.json\n")[2].partition("\nCONTEXT\n")[0]
    context = parse_context(json.loads(example), CATALOGUE.metrics)
    eligible = {c.reason_code: c for c in advise(context, CATALOGUE, seed=1).eligible}
    assert eligible["format_wins"].belief.other_clients == 8
    assert eligible["hour_wins"].belief.own_outcomes == 1
