"""One bad client among three hundred, on the deployed queues in virtual time, makes no other late."""

from datetime import timedelta

import pytest

from brain.testing.simulations.isolation import AT, BAD, CLIENTS, IsolationResult, Trouble, simulate_hour

HANGING = CLIENTS[:40]
"""More than the concurrent dispatches of a queue."""


@pytest.fixture(scope="module")
def baseline() -> IsolationResult:
    """The hour without trouble."""
    return simulate_hour(Trouble.NONE)


@pytest.mark.parametrize("trouble", [trouble for trouble in Trouble if trouble is not Trouble.NONE])
def test_a_bad_client_makes_no_other_late(baseline: IsolationResult, trouble: Trouble) -> None:
    """Its own run ends as a dead letter; no answer slows the queue down."""
    result = simulate_hour(trouble)
    others = {client: time for client, time in baseline.completed.items() if client != BAD}
    assert result.completed == others
    assert max(others.values()) < AT + timedelta(minutes=6)
    assert result.dead_lettered == (BAD,)
    assert set(result.statuses) <= {200, 409, None}


def test_a_queue_full_of_hanging_workers_leaves_the_others_alone(baseline: IsolationResult) -> None:
    """Each queue has workers of its own."""
    result = simulate_hour(Trouble.HANGS, job="brainSignalMagnitude", bad=HANGING)
    assert result.completed == baseline.completed
    assert result.dead_lettered == HANGING
