"""When a dead letter is tried again by itself: later and later, and only what may pass."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from brain.domain.gateway.dead_letters import (
    DEAD_LETTER_CODES,
    JOB_STAGE,
    TRANSIENT_CODES,
    DeadLetter,
    RetryPolicy,
)
from brain.settings.files import load_config

NOW = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
POLICY = load_config("brain_dead_letters", RetryPolicy)


@pytest.mark.parametrize("code", sorted(DEAD_LETTER_CODES - TRANSIENT_CODES))
def test_what_only_a_person_can_fix_is_parked_at_once(code: str) -> None:
    """An unreadable body stays unreadable."""
    assert POLICY.next_try("read", [code], 0, NOW) is None


@pytest.mark.parametrize("code", sorted(TRANSIENT_CODES))
def test_what_may_pass_is_tried_again_after_the_first_delay(code: str) -> None:
    """Also when another item of the same request can never be taken."""
    expected = NOW + timedelta(seconds=POLICY.first_delay_seconds)
    assert POLICY.next_try("read", [code, "unknown_shape"], 0, NOW) == expected


def test_a_jobs_conflict_may_pass_and_a_requests_may_not() -> None:
    """A job meets a document that changed; a request has other content under the same id."""
    assert POLICY.next_try(JOB_STAGE, ["conflict"], 0, NOW) is not None
    assert POLICY.next_try("store", ["conflict"], 0, NOW) is None


@given(st.integers(0, 200))
def test_delays_grow_up_to_the_longest_and_end(retries: int) -> None:
    """No delay is shorter than the one before, none longer than the longest, and after the last retry there is none."""
    now, later = POLICY.after_retry(retries, NOW), POLICY.after_retry(retries + 1, NOW)
    if retries >= POLICY.retries:
        assert now is None
    elif later is not None:
        assert now is not None
        assert now <= later <= NOW + timedelta(seconds=POLICY.longest_delay_seconds)


def test_a_delay_never_overflows() -> None:
    """However steep the policy is."""
    steep = POLICY.model_copy(update={"retries": 100, "multiplier": 10.0})
    assert steep.after_retry(99, NOW) == NOW + timedelta(seconds=steep.longest_delay_seconds)


def test_a_policy_without_sense_is_refused() -> None:
    """A delay of nothing would be a storm."""
    with pytest.raises(ValidationError):
        RetryPolicy.model_validate(
            {"retries": 8, "first_delay_seconds": 0, "multiplier": 2, "longest_delay_seconds": 60}
        )


def test_a_letter_comes_back_from_its_document_as_it_was() -> None:
    """One that was written before retries were counted has none."""
    letter = DeadLetter(
        "dl_1", "acme", "email", "application/json", "read", "internal", "m", b"s", NOW, NOW, None, "corr"
    )
    assert DeadLetter.from_document(letter.to_document()) == letter
    assert letter.parked
    old = {name: value for name, value in letter.to_document().items() if name not in ("retries", "taken", "signed_at")}
    assert DeadLetter.from_document(old) == letter
