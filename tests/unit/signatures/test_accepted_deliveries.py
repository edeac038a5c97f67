"""A replay is told from the provider's own retry."""

from dataclasses import replace
from datetime import timedelta

import pytest
from unit.signatures.signers import NOW

from brain.domain.senders.signatures.accepted_deliveries import AcceptedDelivery
from brain.domain.senders.signatures.signed_request import Proof
from brain.ports.document_store import DocumentStore, WriteStatus
from brain.repositories.gateway import accepted_deliveries

TOLERANCE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def accept(
    after: timedelta = timedelta(0), body: bytes = b"{}", client: str = "acme", delivery: str = "d"
) -> AcceptedDelivery:
    """Return a delivery that was signed some time after now."""
    accepted = AcceptedDelivery.from_proof(client, "hubspot", Proof(NOW + after, delivery), body, TOLERANCE)
    assert accepted
    return accepted


@pytest.mark.parametrize(
    ("later", "is_replay"),
    [
        (accept(), False),
        (accept(-SECOND), False),
        (accept(SECOND), False),
        (accept(SECOND, b"[]"), True),
    ],
    ids=["same signature", "earlier signature", "signed again", "signed again with another body"],
)
def test_a_resend_has_the_same_body_and_a_replay_another_one(later: AcceptedDelivery, is_replay: bool) -> None:
    """Whenever it was signed."""
    assert accept().is_replayed_by(later, NOW) is is_replay
    assert accept().is_resent_by(later, NOW) is not is_replay


def test_a_request_in_progress_is_not_resent_by_another() -> None:
    """It may still fail."""
    assert not replace(accept(), signed_at=None).is_resent_by(accept(), NOW)


def test_an_expired_delivery_detects_nothing() -> None:
    """The signed time is refused by then, even if the document is deleted later."""
    other = accept(SECOND, b"[]")
    assert accept().is_replayed_by(other, NOW + TOLERANCE)
    assert not accept().is_replayed_by(other, NOW + TOLERANCE + SECOND)
    assert accept().is_resent_by(accept(), NOW + TOLERANCE)
    assert not accept().is_resent_by(accept(), NOW + TOLERANCE + SECOND)


def test_a_delivery_id_belongs_to_one_client() -> None:
    """The same id of another client is another delivery."""
    assert accept().delivery_id == accept(SECOND, b"[]").delivery_id
    assert accept().delivery_id not in (accept(client="other").delivery_id, accept(delivery="e").delivery_id)


def test_the_document_round_trips_and_names_nobody() -> None:
    """It holds digests and times only."""
    assert AcceptedDelivery.from_document(accept().delivery_id, accept().to_document()) == accept()
    assert set(accept().to_document()) == {"body", "signed_at", "expires_at"}


@pytest.mark.parametrize("proof", [Proof(), Proof(NOW), Proof(None, "d")])
def test_a_proof_without_a_time_or_an_id_is_not_remembered(proof: Proof) -> None:
    """Its resends cannot be told from retries."""
    assert AcceptedDelivery.from_proof("acme", "meta", proof, b"{}", TOLERANCE) is None


def test_a_store_remembers_to_the_microsecond(store: DocumentStore) -> None:
    """In every store, so that another instance detects the same replay."""
    exact = accept(timedelta(microseconds=123_456))
    assert accepted_deliveries.find(store, exact.delivery_id) is None
    for _ in range(2):
        assert [result.status for result in store.write_many([accepted_deliveries.build_write(exact)])] == [
            WriteStatus.WRITTEN
        ]
    assert accepted_deliveries.find(store, exact.delivery_id) == exact
