"""No person's address, number or name passes intake, wherever it is in a payload."""

import copy
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pytest
from unit.feeds.feed_cases import KEYS, FeedCase, complete_event, complete_payload, load_cases, replace_at

from brain.domain.gateway.normalize import IdentifiedEvent
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import list_pseudonyms

CASES = list(load_cases())
# Each kind of personal data, and the parts of it that must not be stored.
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


def list_text_paths(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text in a payload."""
    if isinstance(node, dict):
        for name, inner in node.items():
            yield from list_text_paths(inner, (*path, name))
    elif isinstance(node, list):
        for index, inner in enumerate(node):
            yield from list_text_paths(inner, (*path, index))
    elif isinstance(node, str):
        yield path


def dump_outcomes(case: FeedCase, payload: Any) -> str:
    """Return the text of everything that intake stores for a payload: events, rejections and reasons."""
    return "\n".join(
        json.dumps(asdict(outcome.event), default=str, ensure_ascii=False)
        if isinstance(outcome, IdentifiedEvent)
        else repr(outcome)
        for outcome in complete_payload(case.source, payload)
    ).lower()


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_in_any_field_is_not_stored(case: FeedCase, kind: str) -> None:
    """Personal data in place of any text of any fixture is replaced by a pseudonym."""
    canary, traces = CANARIES[kind]
    for path in list_text_paths(case.payload):
        stored = dump_outcomes(case, replace_at(case.payload, path, canary))
        assert [trace for trace in traces if trace in stored] == [], path


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_person_in_a_field_name_is_not_stored(case: FeedCase) -> None:
    """Maps by address (Mailgun's recipient variables) have people in their keys."""
    payload = copy.deepcopy(case.payload)
    for json_object in payload if isinstance(payload, list) else [payload]:
        json_object["canary.bird@nest.example.org"] = {"canary.bird@nest.example.org": 1}
    assert "canary.bird" not in dump_outcomes(case, payload)


@pytest.mark.parametrize("case", [case for case in CASES if case.people], ids=str)
def test_the_people_of_a_payload_are_not_stored(case: FeedCase) -> None:
    """The ids and names of the fictitious people of the fixtures are not in the event."""
    stored = dump_outcomes(case, case.payload)
    assert [person for person in case.people if person.lower() in stored] == []


def test_a_person_has_one_pseudonym_per_client() -> None:
    """People cannot be linked across clients; the spelling of an address does not matter."""
    (pseudonym,) = list_pseudonyms("Ada.Lind@Example.org ", "acme", KEYS)
    assert list_pseudonyms("ada.lind@example.org", "acme", KEYS) == (pseudonym,)
    assert list_pseudonyms("ada.lind@example.org", "other", KEYS) != (pseudonym,)
    assert pseudonym.startswith("v1_")
    assert len(pseudonym) == 3 + 16


@pytest.mark.parametrize("spelling", ["+46 70 123 45 67", "0046701234567", "+46701234567", "+46 (70) 123-45-67"])
def test_a_telephone_number_is_one_person_in_every_spelling(spelling: str) -> None:
    """Spaces, brackets and the two international prefixes do not matter."""
    assert list_pseudonyms(spelling, "acme", KEYS) == list_pseudonyms("+46701234567", "acme", KEYS)


def test_after_a_rotation_both_pseudonyms_of_a_person_are_listed() -> None:
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
def test_each_of_several_addressees_is_pseudonymized_separately(text: str, traces: tuple[str, ...]) -> None:
    """So that one can be erased without the others; text that is not a list of addresses is one person."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "to": text}
    stored = str(complete_event("email", event).raw_data["to"])
    assert [trace for trace in traces if trace in stored.lower()] == []
    if "ada@" in text:
        assert list_pseudonyms("ada@example.org", "acme", KEYS)[0] in stored
        assert list_pseudonyms("bo@example.org", "acme", KEYS)[0] in stored


def test_a_person_of_one_field_is_found_in_the_others() -> None:
    """A user name in a link or caption gets the pseudonym of its own field; parts of words are not replaced."""
    post = {"id": "1", "media_type": "IMAGE", "timestamp": "2026-11-20T10:00:00+0000", "username": "adalind"}
    raw = complete_event(
        "social_instagram",
        post | {"caption": "by adalind, not adalindgren", "permalink": "https://x.example/adalind/1"},
    ).raw_data
    pseudonym = list_pseudonyms("adalind", "acme", KEYS)[0]
    assert (raw["username"], raw["caption"], raw["permalink"]) == (
        pseudonym,
        f"by {pseudonym}, not adalindgren",
        f"https://x.example/{pseudonym}/1",
    )


IMPERSONAL_TEXTS = (
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


@pytest.mark.parametrize("text", IMPERSONAL_TEXTS)
def test_identifiers_dates_and_numbers_are_not_people(text: str) -> None:
    """A scrubber that replaced ids and numbers would make the raw payload useless."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "custom": text}
    assert complete_event("email", event).raw_data["custom"] == text


PERSONAL_TEXTS = (
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


@pytest.mark.parametrize(("text", "trace"), PERSONAL_TEXTS)
def test_people_are_found_in_free_text(text: str, trace: str) -> None:
    """Addresses, numbers and handles are found whatever the field is called."""
    event = {"event": "open", "timestamp": 1795262400, "sg_event_id": "a", "custom": text}
    assert trace not in complete_event("email", event).raw_data["custom"]


def test_no_salt_shows_in_a_repr() -> None:
    """Printing or logging the keys by accident does not reveal them."""
    assert "salt of the tests" not in repr(IdentityKeys(2, KEYS.salt, previous=((1, KEYS.salt),)))
