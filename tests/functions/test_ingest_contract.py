"""The published contract of ingest: current, complete, and kept for whatever schemathesis makes from it."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import schemathesis
from ingest_contract import conform
from starlette.testclient import TestClient

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets
from brain.bootstrap import Brain
from brain.domain.gateway.ambiguous_rows import AMBIGUOUS_KEY
from brain.domain.gateway.report_totals import TOTAL_ROW
from brain.domain.gateway.results import CONFLICT_CODE
from brain.entrypoints.gateway.openapi_schemas import ITEM_CODES
from brain.entrypoints.local import LocalServer
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.senders import CLIENT, write_unlimited_config

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PUBLISHED = Path(__file__).parents[2] / "docs" / "openapi-ingest.json"
LIBRARY = Path(__file__).parents[2] / "shared" / "brain"
SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})
CASES = int(os.environ.get("BRAIN_SCHEMATHESIS_CASES", "500"))


@pytest.fixture
def brain() -> Iterator[Brain]:
    """A Brain on an empty embedded store."""
    yield from made()


def made() -> Iterator[Brain]:
    """Make one, and close it after the test."""
    brain = bootstrap.build_brain(
        read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=ManualClock(NOW), secrets=SECRETS
    )
    brain.log = lambda *_, **__: None
    yield brain
    brain.store.close()


def test_the_committed_contract_is_the_one_that_is_served(brain: Brain) -> None:
    """After a change, ``python -m brain.entrypoints.gateway.openapi_ingest > docs/openapi-ingest.json`` renews it."""
    with TestClient(LocalServer(brain, schedule=False).app()) as http:
        served = http.get("/ingest/openapi.json")
        assert (served.status_code, served.headers["content-type"]) == (200, "application/json")
        assert served.json() == json.loads(PUBLISHED.read_text(encoding="utf-8"))
        assert http.post("/ingest/openapi.json").status_code == 405


def test_every_code_that_an_item_can_get_is_in_the_contract() -> None:
    """Found in the code itself, so that a new one cannot be forgotten."""
    code = re.compile(r'(?:Rejected\(\s*|error_code=|ItemResult\([\w.]+, [\w.]+, )"([a-z_]+)"')
    rooms = [LIBRARY / room for room in ("domain", "services")]
    codes = {match for room in rooms for file in room.rglob("*.py") for match in code.findall(file.read_text("utf-8"))}
    codes |= {CONFLICT_CODE, AMBIGUOUS_KEY, TOTAL_ROW}
    assert codes - ITEM_CODES.keys() == set()
    assert ITEM_CODES.keys() - codes == {"store_unavailable"}  # the store's own word


@pytest.fixture
def unlimited_brain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Brain]:
    """The same, with budgets that no test reaches."""
    monkeypatch.setenv("BRAIN_CONFIG", str(write_unlimited_config(tmp_path)))
    yield from made()


@pytest.mark.slow
def test_nothing_made_from_the_contract_breaks_it(unlimited_brain: Brain) -> None:
    """No 5xx, no status, header or body that the contract does not tell; BRAIN_SCHEMATHESIS_CASES=10000 for more."""
    app = LocalServer(unlimited_brain, schedule=False).app()
    schema = schemathesis.openapi.from_asgi("/ingest/openapi.json", app)
    key, _ = unlimited_brain.key_ring.create(CLIENT)
    statuses = conform(schema, key, cases=CASES, at=NOW, base_url="http://testserver/ingest")
    assert statuses.total() >= 0.9 * CASES
    assert statuses.keys() >= {200, 201, 207, 401, 422}
