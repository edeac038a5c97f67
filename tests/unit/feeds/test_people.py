"""Nobody's address, number or name gets past intake, wherever in a payload it stands."""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from unit.feeds.feed_cases import KEYS, Case, cases, planted, take

from brain.domain.identity import IdentityKeys
from brain.domain.intake import Completed
from brain.domain.pseudonyms import pseudonyms_of

CASES = list(cases())
# Each kind of person's data, and what of it must be nowhere afterwards.
CANARIES: dict[str, tuple[str, tuple[str, ...]]] = {
    "an address": ("Canary.Bird@nest.example.org", ("canary.bird@nest",)),
    "a telephone": ("+49 151 2345-6789", ("2345-6789",)),
    "a network address": ("203.0.113.77", ("203.0.113.77",)),
    "a sentence": (
        "mail canary.bird+x@nest.example.org, call (415) 555-0199, seen from 2001:db8:85a3::8a2e:370:7334 at noon.",
        ("canary.bird", "555-0199", "8a2e:370"),
    ),
    "a link": (
        "https://shop.example/?u=canary.bird%40nest.example.org&first_name=Canarina&x=1",
        ("canary.bird", "canarina"),
    ),
    "carried JSON": ('{"user": {"name": "Canarina", "age": 4}}', ("canarina",)),
}


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text in a payload."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))
    elif isinstance(value, str):
        yield path


def everything(case: Case, payload: Any) -> str:
    """Return all that intake hands on for a payload: events, rejections and reasons."""
    return "\n".join(
        json.dumps(asdict(outcome.event), default=str, ensure_ascii=False)
        if isinstance(outcome, Completed)
        else repr(outcome)
        for outcome in take(case.source, payload)
    ).lower()


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_planted_in_any_field_is_nowhere_in_what_is_kept(case: Case, kind: str) -> None:
    """Every text of every fixture, replaced by a person's data, leaves only a pseudonym."""
    canary, traces = CANARIES[kind]
    for path in places(case.payload):
        kept = everything(case, planted(case.payload, path, canary))
        assert [trace for trace in traces if trace in kept] == [], path


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_as_the_name_of_a_field_is_nowhere_in_what_is_kept(case: Case) -> None:
    """Maps by address (Mailgun's recipient variables) name people in their keys."""
    payload = copy.deepcopy(case.payload)
    for item in payload if isinstance(payload, list) else [payload]:
        item["canary.bird@nest.example.org"] = {"canary.bird@nest.example.org": 1}
    assert "canary.bird" not in everything(case, payload)


@pytest.mark.parametrize("case", [case for case in CASES if case.people], ids=str)
def test_the_people_of_a_payload_are_nowhere_in_what_is_kept(case: Case) -> None:
    """The invented people of the fixtures, their ids and their names are gone from the whole event."""
    kept = everything(case, case.payload)
    assert [person for person in case.people if person.lower() in kept] == []


def test_a_person_is_one_pseudonym_within_a_client_and_another_in_the_next() -> None:
    """Nobody can be followed from client to client, and an address is found whatever its spelling."""
    (one,) = pseudonyms_of("Ada.Lind@Example.org ", "acme", KEYS)
    assert pseudonyms_of("ada.lind@example.org", "acme", KEYS) == (one,)
    assert pseudonyms_of("ada.lind@example.org", "other", KEYS) != (one,)
    assert one.startswith("v1_")
    assert len(one) == 3 + 16


@pytest.mark.parametrize("spelling", ["+46 70 123 45 67", "0046701234567", "+46701234567", "+46 (70) 123-45-67"])
def test_a_telephone_is_one_person_however_it_is_written(spelling: str) -> None:
    """Spaces, brackets and the two ways of dialling abroad do not make new people."""
    assert pseudonyms_of(spelling, "acme", KEYS) == pseudonyms_of("+46701234567", "acme", KEYS)


def test_after_a_rotation_both_pseudonyms_of_a_person_are_known() -> None:
    """Erasing a person must find what was stored under the earlier key."""
    rotated = IdentityKeys(2, b"another salt", previous=((1, KEYS.salt),))
    new, old = pseudonyms_of("ada.lind@example.org", "acme", rotated)
    assert (new[:3], old) == ("v2_", pseudonyms_of("ada.lind@example.org", "acme", KEYS)[0])


def test_no_salt_shows_in_a_repr() -> None:
    """What is printed or logged by accident holds no key."""
    assert "salt of the tests" not in repr(IdentityKeys(2, KEYS.salt, previous=((1, KEYS.salt),)))
