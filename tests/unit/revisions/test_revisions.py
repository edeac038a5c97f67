"""Revisions merge field by field in the order of the provider's time, whatever order they arrive in."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.events import Event, FeedType
from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.gateway.revisions import RunningTotal, merge_revision

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
METRICS = ("likes", "views", "clicks")


def build_revision(hour, *, retracted=False, raw=None, **metrics):
    """A revision that was true at an hour of Monday."""
    event = Event(
        event_id="evt_1", client_id="acme", feed_type=FeedType.CUSTOM, occurred_at=MONDAY,
        received_at=MONDAY + timedelta(days=1), content_id="c1", retracted=retracted,
        raw_data=metrics if raw is None else raw, **metrics,
    )  # fmt: skip
    return IdentifiedEvent(
        event, fingerprint=f"{hour}{metrics}{retracted}", cumulative=True, people=(), undated=False,
        as_of=MONDAY + timedelta(hours=hour), is_record=True, facts={}, dimensions=(), former_id=None,
        volatile=frozenset(), notices=(),
    )  # fmt: skip


def merge(*revisions):
    """The total after revisions that arrive in this order."""
    first, *later = revisions
    total = RunningTotal.from_revision(first)
    for revision in later:
        total = merge_revision(total, revision)
    return total


def test_a_query_for_other_metrics_adds_to_the_total():
    """The likes stay when only the views arrive, in the values and in the payload."""
    total = merge(build_revision(1, likes=31), build_revision(2, views=1500))
    assert (total.event.likes, total.event.views) == (31, 1500)
    assert total.event.raw_data == {"likes": 31, "views": 1500}


def test_a_stale_copy_changes_no_value_that_is_newer():
    """Its value of a metric that nothing newer contains is taken."""
    total = merge(build_revision(2, likes=31), build_revision(1, likes=10, views=7))
    assert (total.event.likes, total.event.views, total.as_of) == (31, 7, MONDAY + timedelta(hours=2))


def test_each_metric_keeps_the_time_at_which_it_was_true():
    """A copy between the two queries is newer than one and older than the other."""
    total = merge(build_revision(1, likes=10), build_revision(3, views=5), build_revision(2, likes=20, views=1))
    assert (total.event.likes, total.event.views) == (20, 5)
    assert total.field_times["likes"] == MONDAY + timedelta(hours=2)


def test_a_retraction_removes_what_was_contributed_and_a_restored_record_brings_it_back():
    """Archived at 2: nothing; restored at 3: the new value; a stale copy from before the retraction adds nothing."""
    archived = merge(build_revision(1, likes=31), build_revision(2, retracted=True))
    assert archived.event.retracted
    assert archived.event.likes is None
    stale = merge_revision(archived, build_revision(1, views=8))
    assert (stale.event.retracted, stale.event.views) == (True, None)
    restored = merge_revision(archived, build_revision(3, likes=40))
    assert (restored.event.retracted, restored.event.likes) == (False, 40)


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))))
def test_the_order_of_arrival_does_not_matter(order):
    """Two queries, an update of one of them, and a retraction that is older than the update."""
    revisions = [
        build_revision(1, likes=10, views=3),
        build_revision(2, views=9),
        build_revision(3, retracted=True),
        build_revision(4, likes=5),
    ]
    total = merge(*(revisions[number] for number in order))
    assert (total.event.likes, total.event.views, total.event.retracted) == (5, None, False)


@given(
    st.lists(
        st.tuples(st.booleans(), st.dictionaries(st.sampled_from(METRICS), st.integers(0, 9), min_size=1)),
        min_size=1, max_size=6,
    ).flatmap(lambda forms: st.tuples(st.just(forms), st.permutations(range(len(forms)))))
)  # fmt: skip
def test_any_order_of_distinct_times_ends_in_the_same_total(forms_and_order):
    """The values, their times and the retraction."""
    forms, order = forms_and_order
    revisions = [
        build_revision(hour, retracted=is_retracted, raw={}, **({} if is_retracted else metrics))
        for hour, (is_retracted, metrics) in enumerate(forms)
    ]
    in_order, shuffled = merge(*revisions), merge(*(revisions[number] for number in order))
    assert shuffled.event == in_order.event
    assert (shuffled.as_of, dict(shuffled.field_times)) == (in_order.as_of, dict(in_order.field_times))
