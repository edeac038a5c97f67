"""Field maps by name: the client's own before the configuration's, remembered for a minute."""

import pytest

from brain.domain.feeds.field_maps import FieldMap
from brain.errors import InvalidInputError
from brain.services.gateway.field_map_source import FieldMapSource
from brain.testing.faulty_store import FaultyStore
from brain.testing.simulations.memory_brain import build_memory_brain

MAP = FieldMap.model_validate({
    "description": "pages", "time": {"column": "day"}, "key": ["day", "page"], "metrics": {"views": ["views"]},
})  # fmt: skip


def test_the_clients_own_map_goes_first_and_no_other_client_has_it() -> None:
    """Of the same name as one of the configuration."""
    source = FieldMapSource(build_memory_brain().store, lambda: {"pages": MAP})
    source.put("acme", "pages", MAP.model_copy(update={"description": "own pages"}))
    assert source.find("acme", "pages").description == "own pages"
    assert source.find("globex", "pages").description == "pages"
    assert source.list_all("acme")["pages"][0] == "client"


def test_a_name_is_read_once_a_minute_whether_it_exists_or_not() -> None:
    """A sender that names an unknown map costs one read."""
    store = FaultyStore(build_memory_brain().store)
    source = FieldMapSource(store, dict)
    for _ in range(5):
        with pytest.raises(InvalidInputError, match="brain maps list --client acme"):
            source.find("acme", "nope")
    assert store.reads == 1


@pytest.mark.parametrize("name", ["", "A", "a/b", "__x__", "a" * 65, "é"])
def test_a_name_that_cannot_be_a_document_is_refused(name: str) -> None:
    """Before the store is asked."""
    with pytest.raises(InvalidInputError, match="the name of a field map"):
        FieldMapSource(build_memory_brain().store, dict).find("acme", name)


def test_a_map_with_a_key_that_nothing_reads_is_refused() -> None:
    """As in the configuration."""
    field_map = FieldMap.model_validate(MAP.model_dump(exclude_unset=True) | {"content_types": {"a": "b"}})
    with pytest.raises(InvalidInputError, match="content_type_column"):
        FieldMapSource(build_memory_brain().store, dict).put("acme", "pages", field_map)
