"""No value, wherever it is in a payload, is an error of the reader's own code: it would hide the rows beside it."""

from collections.abc import Iterator
from typing import Any

import pytest
from unit.feeds.feed_cases import CONTEXT, KEYS, FeedCase, load_cases

from brain.domain.gateway.normalize import IdentifiedEvent
from brain.ports.document_rules import check_write
from brain.services.gateway.item_results import build_create
from brain.services.gateway.read_request import DEFAULT_READING_RULES, PayloadReader

HUGE = 10**400
POISONS = (HUGE, 2**63, "9" * 29, [1, "a"], {"a": []}, "漢", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z")


def replace_leaves(node: Any, poison: Any) -> Iterator[Any]:
    """Yield the payload once for each of its values, with the poison in its place."""
    if isinstance(node, dict):
        for name, value in node.items():
            for changed in replace_leaves(value, poison):
                yield {**node, name: changed}
    elif isinstance(node, list) and node:
        for changed in replace_leaves(node[0], poison):
            yield [changed, *node[1:]]
    else:
        yield poison


@pytest.mark.parametrize("case", list(load_cases()), ids=str)
def test_no_value_is_an_internal_error_or_refused_by_the_store(case: FeedCase) -> None:
    """Numbers beyond every range, lists for texts, and the first and the last time there is."""
    reader = PayloadReader(case.source, CONTEXT, KEYS, DEFAULT_READING_RULES)
    for poison in POISONS:
        for payload in replace_leaves(case.payload, poison):
            items = [
                item for part in (payload if isinstance(payload, list) else [payload]) for item in reader.read(part)
            ]
            for item in items:
                if isinstance(item, IdentifiedEvent):
                    check_write(build_create(item, "delivery"))
    assert reader.errors == []
