"""Nobody's address, number or name gets past intake, wherever in a payload it stands."""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from unit.feeds.feed_cases import KEYS, FeedCase, complete_event, complete_payload, load_cases, replace_at

from brain.domain.gateway.normalize import Completed
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(load_cases())
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


def everything(case: FeedCase, payload: Any) -> str:
    """Return all that intake hands on for a payload: events, rejections and reasons."""
    return "\n".join(
        json.dumps(asdict(outcome.event), default=str, ensure_ascii=False)
        if isinstance(outcome, Completed)
        else repr(outcome)
        for outcome in complete_payload(case.source, payload)
    ).lower()


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_planted_in_any_field_is_nowhere_in_what_is_kept(case: FeedCase, kind: str) -> None:
    """Every text of every fixture, replaced by a person's data, leaves only a pseudonym."""
    canary, traces = CANARIES[kind]
    for path in places(case.payload):
        kept = everything(case, replace_at(case.payload, path, canary))
        assert [trace for trace in traces if trace in kept] == [], path


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_as_the_name_of_a_field_is_nowhere_in_what_is_kept(case: FeedCase) -> None:
    """Maps by address (Mailgun's recipient variables) name people in their keys."""
    payload = copy.deepcopy(case.payload)
    for item in payload if isinstance(payload, list) else [payload]:
        item["canary.bird@nest.example.org"] = {"canary.bird@nest.example.org": 1}
    assert "canary.bird" not in everything(case, payload)


@pytest.mark.parametrize("case", [case for case in CASES if case.people], ids=str)
def test_the_people_of_a_payload_are_nowhere_in_what_is_kept(case: FeedCase) -> None:
    """The invented people of the fixtures, their ids and their names are gone from the whole event."""
    kept = everything(case, case.payload)
    assert [person for person in case.people if person.lower() in kept] == []


def test_a_person_is_one_pseudonym_within_a_client_and_another_in_the_next() -> None:
    """Nobody can be followed from client to client, and an address is found whatever its spelling."""
    (one,) = list_pseudonyms("Ada.Lind@Example.org ", "acme", KEYS)
    assert list_pseudonyms("ada.lind@example.org", "acme", KEYS) == (one,)
    assert list_pseudonyms("ada.lind@example.org", "other", KEYS) != (one,)
    assert one.startswith("v1_")
    assert len(one) == 3 + 16


@pytest.mark.parametrize("spelling", ["+46 70 123 45 67", "0046701234567", "+46701234567", "+46 (70) 123-45-67"])
def test_a_telephone_is_one_person_however_it_is_written(spelling: str) -> None:
    """Spaces, brackets and the two ways of dialling abroad do not make new people."""
    assert list_pseudonyms(spelling, "acme", KEYS) == list_pseudonyms("+46701234567", "acme", KEYS)


def test_after_a_rotation_both_pseudonyms_of_a_person_are_known() -> None:
    """Erasing a person must find what was stored under the earlier key."""
    rotated = IdentityKeys(2, b"another salt", previous=((1, KEYS.salt),))
    new, old = list_pseudonyms("ada.lind@example.org", "acme", rotated)
    assert (new[:3], old) == ("v2_", list_pseudonyms("ada.lind@example.org", "acme", KEYS)[0])


@pytest.mark.parametrize(
    ("text", "traces"),
    [
        ("Ada Lind <ada@example.org>, bo@example.org", ("ada", "lind", "bo@")),
        ("undisclosed, @nobody", ("undisclosed", "nobody")),
        ("<>@,", ("<>@",)),
    ],
)
def test_each_of_several_addressees_is_hashed_on_its_own(text: str, traces: tuple[str, ...]) -> None:
    """One of them can be erased without the others; what is no list of addresses is hashed whole."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "to": text}
    kept = str(complete_event("email", event).raw_data["to"])
    assert [trace for trace in traces if trace in kept.lower()] == []
    if "ada@" in text:
        assert list_pseudonyms("ada@example.org", "acme", KEYS)[0] in kept
        assert list_pseudonyms("bo@example.org", "acme", KEYS)[0] in kept


def test_a_person_met_in_one_field_is_found_in_the_others() -> None:
    """A user name in a link or a caption is the same pseudonym as in its own field; parts of words stay."""
    post = {"id": "1", "media_type": "IMAGE", "timestamp": "2026-11-20T10:00:00+0000", "username": "adalind"}
    raw = complete_event(
        "social_instagram",
        post | {"caption": "by adalind, not adalindgren", "permalink": "https://x.example/adalind/1"},
    ).raw_data
    hashed = list_pseudonyms("adalind", "acme", KEYS)[0]
    assert (raw["username"], raw["caption"], raw["permalink"]) == (
        hashed,
        f"by {hashed}, not adalindgren",
        f"https://x.example/{hashed}/1",
    )


HARMLESS = (
    "2026-11-20",
    "2026-11-20T10:00:00.000Z",
    "2026-11-20 10:00:00 UTC",
    "1992000000000000001",
    "3.14",
    "1,5",
    "12%",
    "0.00",
    "urn:li:share:7132000000000000001",
    "k3J9s.recvd-5f6-1-5A.0",
    "Mozilla/5.0 (X11; Linux x86_64) Firefox/128.0",
    "Chrome/88.0.4324.182",
    "/services/data/v61.0/query/01gD-2000",
    "10:20:30",
    "883953f4-6105-42a2-a16a-77a8eac79483",
    "250 2.0.0 OK 1461095248 - gsmtp",
    "arn:aws:sns:eu-north-1:123456789012:mail",
    "std::vector",
    "https://shop.example/?utm_source=mail&utm_medium=email",
    "image 1024x768",
    "40 000 views in 2026",
    "v1_0123456789abcdef",
    "a::b",
    "1.2.3",
    "[CLICK]",
    "{not json",
    "",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_identifiers_dates_and_figures_are_nobody(text: str) -> None:
    """A scrubber that eats ids and numbers would make the raw payload useless."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "custom": text}
    assert complete_event("email", event).raw_data["custom"] == text


PEOPLE_IN_TEXT = (
    ("0151-23456789", "23456789"),
    ("call 030 1234567 today", "1234567"),
    ("004915112345678", "15112345678"),
    ("tel:+4915112345678", "15112345678"),
    ("https://wa.example/?n=%2B4915112345678", "15112345678"),
    ("1 415 555 0199", "555 0199"),
    ("::ffff:203.0.113.9", "203.0.113.9"),
    ("fe80::1ff:fe23:4567:890a", "4567:890a"),
    ("thanks @ada.lind!", "ada.lind"),
    ("ada@localhost", "ada@"),
    ("bounces+12-ada=example.org@em.example.com", "ada="),
    ("https://x.example/?phone=5550100", "5550100"),
    ("jörg.müller@example.org", "müller"),
    ("<ada@[203.0.113.9]>", "ada@"),
)


@pytest.mark.parametrize(("text", "trace"), PEOPLE_IN_TEXT)
def test_people_are_found_in_any_text_by_its_form(text: str, trace: str) -> None:
    """Addresses, numbers and handles are found without a field that names them."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "custom": text}
    assert trace not in complete_event("email", event).raw_data["custom"]


def test_no_salt_shows_in_a_repr() -> None:
    """What is printed or logged by accident holds no key."""
    assert "salt of the tests" not in repr(IdentityKeys(2, KEYS.salt, previous=((1, KEYS.salt),)))
