"""For any document and any path there are two ways only: refused by the rules, or stored and read back the same."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from brain.errors import StoreRefusedError
from brain.ports.document_rules import check_document, check_document_path
from brain.ports.document_store import DocumentStore

pytestmark = pytest.mark.parametrize(
    "store_kind", ["sqlite", pytest.param("firestore", marks=pytest.mark.emulator)], indirect=True
)
names = st.text(max_size=30)
leaves = (
    st.none()
    | st.booleans()
    | st.integers(-(2**65), 2**65)
    | st.floats()
    | st.text(max_size=20)
    | st.binary(max_size=20)
    | st.datetimes(timezones=st.none() | st.timezones())
)
values = st.recursive(
    leaves,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(names, children, max_size=4),
    max_leaves=15,
)


@pytest.mark.slow
@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=st.dictionaries(names, values, max_size=6))
def test_what_the_rules_let_pass_comes_back_the_same(store: DocumentStore, document: Mapping[str, Any]) -> None:
    """For any document: it is refused by the rules, or stored and read back equal; there is no third way."""
    try:
        check_document("c/any", document)
    except StoreRefusedError:
        with pytest.raises(StoreRefusedError):
            store.set("c/any", document)
        return
    store.set("c/any", document)
    read = store.get("c/any")
    assert read is not None
    assert read.data == document


@settings(deadline=None, max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(path=st.lists(st.text(max_size=12), max_size=5).map("/".join))
def test_any_path_the_rules_let_pass_is_a_document(store: DocumentStore, path: str) -> None:
    """For any text: it is refused as a path, or a document can be written there and read back."""
    try:
        check_document_path(path)
    except StoreRefusedError:
        return
    store.set(path, {"n": 1})
    read = store.get(path)
    assert read is not None
    assert read.path == path
