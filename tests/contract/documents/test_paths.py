"""Every path the product uses names what it should, on both stores."""

from datetime import UTC, datetime

import pytest

from brain.errors import StoreRefusedError
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

pytestmark = pytest.mark.parametrize(
    "store_kind", ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)], indirect=True
)
AT = datetime(2026, 11, 22, 7, 30, tzinfo=UTC)
TEMPLATES = {
    "client": paths.client("acme"),
    "event": paths.event("acme", "evt_0123456789abcdef01234567"),
    "revision": paths.revision("acme", "evt_1", AT),
    "score": paths.score("acme", "evt_1"),
    "anomaly": paths.anomaly("acme", "a1"),
    "prediction": paths.prediction("acme", "2026-W47-0123456789ab"),
    "recommendation": paths.recommendation("acme", "rec_0123456789abcdef01234567"),
    "outcome": paths.outcome("acme", "move-rec_0123456789abcdef01234567"),
    "slate": paths.slate("acme", "2026-W47"),
    "report": paths.report("acme", "weekly", "2026-W47"),
    "warning": paths.warning("acme", "no-data"),
    "feedback": paths.feedback("acme", "r1"),
    "view": paths.view("acme", "overview"),
    "state": paths.state("acme", "hourly"),
    "model": paths.model("scoring"),
    "dead_letter": paths.dead_letter("d1"),
    "feature": paths.feature("hourly_scores"),
    "run": paths.run("hourly-scores", "acme", AT),
    "api_key": paths.api_key("ab" * 32),
    "rate": paths.rate("acme"),
    "erasure": paths.erasure("era_0123456789abcdef01234567"),
    "counter": paths.counter("acme", "2026-11-22T07"),
}
COLLECTIONS = [paths.events("acme"), paths.revisions("acme", "evt_1"), paths.scores("acme"), paths.DEAD_LETTERS]


@pytest.mark.parametrize("path", TEMPLATES.values(), ids=TEMPLATES)
def test_every_document_path_there_is_names_a_document(store: DocumentStore, path: str) -> None:
    """Each template of ``paths`` can be created, read and found in its collection."""
    store.create(path, {"n": 1})
    assert store.get(path) is not None
    assert [document.path for document in store.query(path.rpartition("/")[0])] == [path]


@pytest.mark.parametrize(
    "path",
    [
        *COLLECTIONS,
        paths.FEATURES,
        paths.RUNS,
        paths.KEYS,
        paths.RATES,
        paths.COUNTERS,
        paths.ERASURES,
    ],
)
def test_every_collection_path_there_is_names_a_collection(store: DocumentStore, path: str) -> None:
    """Each collection of ``paths`` can be queried and is no document."""
    assert store.query(path) == []
    with pytest.raises(StoreRefusedError):
        store.get(path)
