"""The time limit of a run as an exception, for steps that check it below the function that stops the run."""

from brain.services.jobs.lease import Lease


class OutOfTimeError(Exception):
    """The run must stop now and continue from its last commit; the step that raises it has written nothing since."""


def check_time(lease: Lease) -> None:
    """Raise ``OutOfTimeError`` if the run should stop now."""
    if lease.out_of_time():
        raise OutOfTimeError
