"""The emulator itself refuses what our rules refuse, where it checks at all: the rules are no invention."""

import pytest
from raw_firestore import RawFirestore
from refused import REFUSED_DOCUMENTS, REFUSED_PATHS

from brain.ports.document_store import Set, Write

pytestmark = pytest.mark.emulator


@pytest.mark.parametrize("path", [path for path, really in REFUSED_PATHS.items() if really])
def test_the_emulator_refuses_these_paths_itself(raw: RawFirestore, path: str) -> None:
    """Without our rules the call would be refused by Firestore."""
    assert raw.refuses(path, {"n": 1})


@pytest.mark.parametrize("name", [name for name, (_, really) in REFUSED_DOCUMENTS.items() if really])
def test_the_emulator_refuses_these_documents_itself(raw: RawFirestore, name: str) -> None:
    """Without our rules the call would be refused by Firestore."""
    assert raw.refuses("c/d", REFUSED_DOCUMENTS[name][0])


@pytest.mark.parametrize(
    "writes", [[Set("c/__bad__", {}), Set("c/good", {})], [Set("c/a", {"n": 1}), Set("c/a", {"n": 2})]]
)
def test_one_bad_name_fails_a_whole_batch_write(raw: RawFirestore, writes: list[Write]) -> None:
    """This is why names are checked first: the good neighbour would be lost with the bad."""
    assert raw.batch_write(writes) == "INVALID_ARGUMENT"
    assert not raw.exists("c/good")
