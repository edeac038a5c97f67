"""Lines of totals in an exported file, which have a label where the other lines have their day."""

from collections.abc import Mapping
from typing import Any, Final

from brain.domain.events import Ignored, Rejected
from brain.domain.feeds.context import FeedContext, FeedOutcome
from brain.domain.feeds.registry import read_object
from brain.domain.gateway.report_labels import names_total

_TIME_FAULTS: Final = frozenset({"missing_time", "invalid_field"})
IGNORED_TOTAL: Final = "a line of totals, which is the sum of the other lines and is not counted; leave it out"


def read_item(item: Mapping[str, Any], source: Any, context: FeedContext) -> list[FeedOutcome]:
    """Return the outcomes of one object; a line of totals that cannot be read as a row is ignored.

    Only its first column is looked at: that of the day, as such files have it.
    """
    outcomes = list(read_object(item, source, context))
    if len(outcomes) == 1 and _is_unreadable(outcomes[0]):
        first = next(iter(item.values()), None)
        if isinstance(first, str) and names_total(first.strip()):
            return [Ignored(IGNORED_TOTAL)]
    return outcomes


def _is_unreadable(outcome: FeedOutcome) -> bool:
    """Return whether a row has no time that can be read."""
    if isinstance(outcome, Rejected):
        return outcome.error_code in _TIME_FAULTS
    return not isinstance(outcome, Ignored) and outcome.occurred_at is None
