"""People are found in texts in linear time, and found where a search for each of them would find them."""

import re
import time

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.people_index import PeopleIndex
from brain.domain.privacy.personal_text import pseudonymize_text
from brain.domain.privacy.pseudonyms import Pseudonymizer
from brain.domain.privacy.scrub_allowance import ScrubAllowance, ScrubLimitError
from brain.domain.privacy.spellings import SpellingRules

KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")
WORDS = st.sampled_from(["ada", "Ada", "lind", "Bo", "a.b", "@x", "+46", "é", "ß", "_", ",", "-"])
TEXTS = st.lists(WORDS | st.just(" "), max_size=12).map("".join)
NATIONAL = [
    phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE)
    if (number := phonenumbers.example_number_for_type(region, kind))
]
IMPERSONAL = (
    "1920 1080", "2019-2020", "2026 11 20", "20.11.2026", "11/20/2026 10:15", "1 234 567", "999 999 999", "12.345.678",
    "10 20 30 40", "ISO 8601-1:2019", "100-200", "3.14159 26535", "1,234,567.89", "$ 1234 5678", "1234 5678 €",
    "100 200 300 400", "Chrome/120.0.0.0", "version 1.2.3.4", "v1.2.3.4", "release_10.1.2.3", "10.0.0.0/8",
    "order 12-34", "5 000 000", "12:34:56 78", "1-2-3-4-5-6-7", "call 2026-11-20", "page 3 of 120",
)  # fmt: skip


def scrub(text: str, regions: tuple[str, ...] = ()) -> str:
    """Return a text with X for every person in it."""
    return pseudonymize_text(text, lambda _: "X", regions)


@given(st.lists(TEXTS.filter(lambda text: bool(re.search(r"[^\W_]", text))), min_size=1, max_size=12), TEXTS)
def test_a_person_who_is_alone_in_a_text_is_found(people: list[str], around: str) -> None:
    """Whatever the number of people; the index of many and the search for few agree."""
    index = PeopleIndex()
    for number, person in enumerate(people):
        index.add(person, f"<{number}>")
    text = f"({people[0]}) {around}"
    replaced = index.replace(text, ScrubAllowance())
    assert not replaced.startswith(f"({people[0]}) ")


@given(st.lists(TEXTS, max_size=4))
def test_text_without_people_is_unchanged(texts: list[str]) -> None:
    """Also in its Unicode form."""
    index = PeopleIndex()
    index.add("Nobody Else", "<0>")
    assert [index.replace(text, ScrubAllowance()) for text in texts] == texts


def test_a_part_of_a_word_is_no_person() -> None:
    """Nor is a single word in another case, which may be an ordinary word."""
    index = PeopleIndex()
    for person in ("summer", "Ada Lind", *(f"person {number}" for number in range(20))):
        index.add(person, f"<{person}>")
    text = "Summer, midsummer, summers; Ada Lindgren, McAda Lind"
    assert index.replace(text, ScrubAllowance()) == text
    assert index.replace("summer: ADA LIND.", ScrubAllowance()) == "<summer>: <Ada Lind>."


@pytest.mark.parametrize("text", IMPERSONAL)
def test_figures_dates_and_versions_are_not_people(text: str) -> None:
    """However much they look like numbers."""
    assert scrub(text) == text


def test_example_numbers_of_all_countries_are_found() -> None:
    """Nearly all after a word such as call, most alone, and nearly all by a client's regions."""
    assert sum(scrub(number) != number for number in NATIONAL) / len(NATIONAL) > 0.85
    assert sum(scrub(f"call {number} now") == "call X now" for number in NATIONAL) / len(NATIONAL) > 0.97


@pytest.mark.parametrize("region", ["SE", "PL", "ES", "US", "GB", "FR", "DE", "NO", "DK", "BR", "IN", "JP", "AU"])
def test_a_national_number_of_the_clients_country_is_found(region: str) -> None:
    """Also one that is grouped like a large figure."""
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    assert scrub(f"or {national} then", (region,)) == "or X then"


ATTACKS = {
    "no address": "a" * 60 + " ",
    "addresses": "a@b ",
    "nothing before": "@",
    "encoded": "a%40",
    "dialled": "00 00 00 00 x ",
    "groups": "12 34 56 ",
    "brackets": "(1) ",
    "plus": "+1 ",
    "dots": "1.2.3.4 ",
    "colons": "a:b:",
    "parameters": "&a=b",
    "quotes": "&user_id=",
    "versions": "v 1.2.3.4 ",
    "calls": "call ",
    "handles": "@a.",
}


@pytest.mark.parametrize("name", ATTACKS)
def test_no_text_takes_more_than_linear_time(name: str) -> None:
    """Eight times the text takes less than twenty times as long, or is fast anyway."""

    def measure(length: int) -> float:
        text = ATTACKS[name] * (length // len(ATTACKS[name]))
        started = time.process_time()
        scrub(text)
        return time.process_time() - started

    short, long = min(measure(12_000) for _ in range(3)), measure(96_000)
    assert long < max(20 * short, 0.1)


def test_many_people_and_many_texts_take_linear_time() -> None:
    """2,200 people whose names begin alike, searched in a text of such names."""
    payload = {"users": [f"Ada Lind {number}" for number in range(2200)], "text": "Ada Lind " * 5000}
    started = time.process_time()
    Pseudonymizer("acme", KEYS).scrub_payload(payload)
    assert time.process_time() - started < 1


def test_a_uuid_is_no_telephone_number_unless_its_digits_are_dialled() -> None:
    """Digits after 00 are an international number, however they are grouped."""
    identifier = "883953f4-6105-42a2-a16a-77a8eac79484"
    assert scrub(identifier) == identifier
    assert scrub("00237890-2583-4940-3207-163601598189").startswith("X")


def test_a_text_in_several_personal_fields_means_what_each_of_them_says() -> None:
    """The same digits are how many attendees there are, a user's id, and the number of somebody's telephone."""
    scrubber = Pseudonymizer("acme", KEYS, rules=SpellingRules(phone_regions=("SE",), merge_subaddresses=False))
    digits = "701234567"
    scrubbed = scrubber.scrub_payload({"user_id": digits, "attendees": digits, "phone": digits, "name": "+46701234567"})
    assert scrubbed["attendees"] == digits
    assert scrubbed["phone"] == scrubbed["name"]
    assert scrubbed["user_id"] not in (digits, scrubbed["phone"])


@pytest.mark.parametrize("person", ["ada@example.org", "Ada Lind", "198.51.100.7", "(ada.lind)"])
def test_a_text_that_is_only_a_person_becomes_the_pseudonym(person: str) -> None:
    """It is looked up as a whole; a person without a letter or a digit is found in no other text."""
    scrubbed = Pseudonymizer("acme", KEYS).scrub_payload(
        {"sender": person, "note": person, "owner": "-----", "x": "-----"}
    )
    assert scrubbed["note"] == scrubbed["sender"] != person
    assert scrubbed["x"] == "-----" != scrubbed["owner"]


def test_the_allowance_of_a_request_ends_the_search() -> None:
    """What is stored then is decided by the caller."""
    scrubber = Pseudonymizer("acme", KEYS, allowance=ScrubAllowance(100))
    with pytest.raises(ScrubLimitError):
        scrubber.scrub_payload({"text": " ".join(f"a{number}@example.org" for number in range(200))})
