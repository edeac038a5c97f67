"""Advice on Firestore and on the embedded store: the same documents to the last digit."""

from faults.test_advice_survives import CLIENT, NOW, documents, past

from brain.adapters.sqlite.store import SqliteStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import run_daily, run_weekly


def test_both_stores_end_in_the_same_documents(store):
    """Answers read, outcomes measured, a slate drawn, content judged and predicted, and a week reported."""
    reference = SqliteStore(":memory:", ManualClock(NOW))
    for any_store in (reference, store):
        for path, data in past().items():
            any_store.set(path, data)
        run_daily(any_store, CLIENT, NOW)
        run_weekly(any_store, CLIENT, NOW)
    assert documents(store) == documents(reference)
    reference.close()
