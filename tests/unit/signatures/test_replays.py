"""What is a replay and what is the provider's own retry."""

from datetime import timedelta

import pytest
from unit.signatures.signers import NOW

from brain.domain.senders.signatures.replays import Taken, taken, taken_from
from brain.domain.senders.signatures.signed_request import Proof
from brain.ports.document_store import DocumentStore, WriteStatus
from brain.repositories.gateway import signatures

TOLERANCE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def signed(after: timedelta = timedelta(0), body: bytes = b"{}", client: str = "acme", delivery: str = "d") -> Taken:
    """A delivery that was signed some time after now."""
    found = taken(client, "hubspot", Proof(NOW + after, delivery), body, TOLERANCE)
    assert found
    return found


@pytest.mark.parametrize(
    ("other", "replay"),
    [
        (signed(), True),
        (signed(-SECOND), True),
        (signed(SECOND), False),
        (signed(SECOND, b"[]"), True),
    ],
    ids=["the same signing", "an earlier one", "signed anew", "signed anew with another body"],
)
def test_a_retry_is_signed_later_and_has_the_same_body(other: Taken, replay: bool) -> None:
    """Anything else under the same id is a replay."""
    assert signed().replayed_by(other, NOW) is replay


def test_after_its_time_nothing_is_remembered() -> None:
    """The signed time is refused by then; the document may outlive it."""
    assert signed().replayed_by(signed(), NOW + TOLERANCE)
    assert not signed().replayed_by(signed(), NOW + TOLERANCE + SECOND)


def test_a_delivery_is_the_clients_and_the_providers_own() -> None:
    """Another client's same id is another delivery."""
    assert signed().delivery == signed(SECOND, b"[]").delivery
    assert signed().delivery not in (signed(client="other").delivery, signed(delivery="e").delivery)


def test_what_is_stored_comes_back_and_names_nobody() -> None:
    """Digests and times."""
    assert taken_from(signed().delivery, signed().document()) == signed()
    assert set(signed().document()) == {"body", "signed_at", "expires_at"}


@pytest.mark.parametrize("proof", [Proof(), Proof(NOW), Proof(None, "d")])
def test_a_scheme_without_a_time_or_an_id_leaves_nothing_to_remember(proof: Proof) -> None:
    """A resend cannot be told from a retry there."""
    assert taken("acme", "meta", proof, b"{}", TOLERANCE) is None


def test_a_store_remembers_to_the_microsecond(store: DocumentStore) -> None:
    """Each store, so that an instance elsewhere sees the same replay."""
    exact = signed(timedelta(microseconds=123_456))
    assert signatures.find(store, exact.delivery) is None
    for _ in range(2):
        assert [result.status for result in store.write_many([signatures.remember(exact)])] == [WriteStatus.WRITTEN]
    assert signatures.find(store, exact.delivery) == exact
