"""Rows of one request under one key: parts of one total are merged, contradictory ones overwrite nothing."""

from brain.repositories import paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, build_post_payload, send_request


def total(**fields):
    """A running total of one content."""
    return build_post_payload(1, content_id="c1", cumulative=True) | fields


def read_events(brain):
    """The stored events."""
    return [event.data for event in brain.store.query(paths.events(CLIENT))]


def test_different_rows_are_dead_lettered_together_and_their_columns_named():
    """Neither is stored, whatever their order, and the others of the request are."""
    brain = build_memory_brain()
    rows = [total(likes=5), build_post_payload(2), total(likes=7)]
    result = send_request(brain, rows)
    assert [item.error_code for item in result.items] == ["ambiguous_key", None, "ambiguous_key"]
    assert "likes" in result.items[0].message
    assert [event["likes"] for event in read_events(brain)] == [2]
    (letter,) = DeadLetters(brain.store).list(brain.clock.now())
    assert letter.error_code == "ambiguous_key"


def test_an_ambiguous_request_overwrites_no_stored_total():
    """The total of yesterday stays as it is."""
    brain = build_memory_brain()
    send_request(brain, total(likes=3))
    send_request(brain, [total(likes=5), total(likes=7)])
    assert [(event["likes"], event["revision"]) for event in read_events(brain)] == [(3, 0)]


def test_two_queries_of_one_content_in_one_request_are_parts_of_one_total():
    """Every column that both rows have is equal."""
    brain = build_memory_brain()
    row = {"occurred_at": "2026-11-22T06:30:00Z", "content_id": "c1", "cumulative": True}
    result = send_request(brain, [row | {"likes": 31}, row | {"views": 1500}])
    assert [str(item.outcome) for item in result.items] == ["stored", "revised"]
    (event,) = read_events(brain)
    assert (event["likes"], event["views"]) == (31, 1500)


def test_the_same_row_twice_in_a_request_is_a_duplicate():
    """An export that repeats a row is not ambiguous."""
    brain = build_memory_brain()
    result = send_request(brain, [total(likes=5), total(likes=5)])
    assert [str(item.outcome) for item in result.items] == ["stored", "duplicate"]
