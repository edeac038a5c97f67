"""One person has one pseudonym in every spelling, and what version 0.1 stored is found."""

import hmac
import subprocess
import sys
import unicodedata

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from brain.domain.privacy.keys import IdentityKeys, derive_client_key
from brain.domain.privacy.pseudonyms import Pseudonymizer, list_pseudonyms, list_stored_pseudonyms
from brain.domain.privacy.spellings import NO_RULES, SpellingRules, normalize_person, spell_as_in_version_0_1

KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")
SWEDISH = SpellingRules(phone_regions=("SE",), merge_subaddresses=False)
MERGED = SpellingRules(phone_regions=(), merge_subaddresses=True)

SAME = {
    "case": ("Ada.Lind@Example.org", "ada.lind@example.org"),
    "NFD": (unicodedata.normalize("NFD", "josé@example.org"), "josé@example.org"),
    "full width": ("".join(chr(ord(letter) + 0xFEE0) for letter in "ada@example.org"), "ada@example.org"),
    "punycode": ("ada@XN--BCHER-KVA.example", "ada@bücher.example"),
    "mailto": ("mailto:ada@example.org?subject=hello", "ada@example.org"),
    "percent": ("ada%40example.org", "ada@example.org"),
    "final dot": ("ada@example.org.", "ada@example.org"),
    "tel": ("tel:+46-70-123-45-67", "+46701234567"),
    "trunk zero": ("+46 (0)70 123 45 67", "0046701234567"),
    "handle": ("@AdaLind", "adalind"),
    "a name in NFD": (unicodedata.normalize("NFD", "Åsa Öberg"), "åsa öberg"),
}


@pytest.mark.parametrize("name", SAME)
def test_two_spellings_are_one_person(name: str) -> None:
    """Without any rule of the client."""
    spelling, other = SAME[name]
    assert normalize_person(spelling) == normalize_person(other)


@pytest.mark.parametrize(
    "spelling", ["ada.lind@example.org", "Ada Lind", "+46701234567", "0046 70 123", "070-123 45 67", "u_1", "josé@x.se"]
)
def test_a_spelling_that_was_canonical_keeps_its_pseudonym(spelling: str) -> None:
    """Stored pseudonyms of ordinary spellings are those of version 0.1."""
    assert normalize_person(spelling) == spell_as_in_version_0_1(spelling)


@given(st.text(st.characters(codec="ascii"), min_size=1).filter(lambda text: "%" not in text and ":" not in text))
def test_an_ascii_text_without_scheme_keeps_its_pseudonym(text: str) -> None:
    """Except for encoded domains, final dots of domains and zeros in brackets."""
    if "xn--" not in text.lower() and not text.strip().endswith(".") and "(0)" not in text:
        assert normalize_person(text) == spell_as_in_version_0_1(text)


def hash_as_in_version_0_1(text: str) -> str:
    """Return the pseudonym that version 0.1 stored."""
    key = derive_client_key(KEYS.salt, "acme", b"pseudonym")
    spelling = spell_as_in_version_0_1(text).encode("utf-8", "surrogatepass")
    return f"v1_{hmac.digest(key, spelling, 'sha256').hex()[:16]}"


@given(st.text(min_size=1, max_size=40))
def test_every_pseudonym_of_version_0_1_is_found(text: str) -> None:
    """Whatever the spelling, erasing by the same text finds what the earlier version stored under it."""
    assert hash_as_in_version_0_1(text) in list_stored_pseudonyms(text, "acme", KEYS)
    assert list_pseudonyms(text, "acme", KEYS)[0] == list_stored_pseudonyms(text, "acme", KEYS)[0]


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("josé@example.org", unicodedata.normalize("NFD", "José@example.org")),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@example.org", "mailto:ada@example.org"),
        ("+46701740635", "070-174 06 35"),
        ("+46701740635", "701740635"),
    ],
)
def test_an_erasure_finds_what_was_stored_under_another_spelling(typed: str, stored: str) -> None:
    """Version 0.1 hashed the spelling that arrived."""
    assert hash_as_in_version_0_1(stored) in list_stored_pseudonyms(typed, "acme", KEYS)


def test_subaddresses_are_one_person_only_by_rule() -> None:
    """Two people may share a domain that gives the plus another meaning."""
    assert normalize_person("ada+news@example.org") != normalize_person("ada@example.org")
    assert normalize_person("ada+news@example.org", MERGED) == "ada@example.org"
    assert normalize_person("A.da+x@googlemail.com", MERGED) == "ada@gmail.com"
    assert normalize_person("a.da@example.org", MERGED) == "a.da@example.org"


def test_a_national_number_is_the_international_one_by_the_clients_regions() -> None:
    """Without a region, nobody knows the country."""
    assert normalize_person("070-174 06 35", SWEDISH) == normalize_person("+46 70 174 06 35", SWEDISH)
    assert normalize_person("070-174 06 35", NO_RULES) == "0701740635"


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_every_countrys_example_numbers_are_one_person_in_both_formats(region: str) -> None:
    """The library's own examples, by the rules of a client of that country."""
    rules = SpellingRules(phone_regions=(region,), merge_subaddresses=False)
    for kind in (phonenumbers.PhoneNumberType.FIXED_LINE, phonenumbers.PhoneNumberType.MOBILE):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        formats = phonenumbers.PhoneNumberFormat
        national = phonenumbers.format_number(number, formats.NATIONAL)
        stored = {
            Pseudonymizer("acme", KEYS, rules=rules).scrub_payload({"phone": text})["phone"]
            for text in (national, phonenumbers.format_number(number, formats.E164))
        }
        assert len(stored) == 1, national


def test_an_identifier_is_no_national_number() -> None:
    """A user id of ten digits may be a valid number of a country; in a field for numbers it is one."""
    rules = SpellingRules(phone_regions=("US",), merge_subaddresses=False)
    assert normalize_person("2015550123", rules) == "2015550123"
    stored = Pseudonymizer("acme", KEYS, rules=rules).scrub_payload({"cell": "2015550123", "user_id": "2015550123"})
    assert stored["cell"] == list_pseudonyms("+1 201 555 0123", "acme", KEYS)[0]
    assert stored["user_id"] == list_pseudonyms("2015550123", "acme", KEYS)[0]


def test_what_is_no_country_is_refused() -> None:
    """UK is GB in ISO 3166-1; a list with UK would find no British number."""
    with pytest.raises(ValidationError, match="got UK"):
        SpellingRules(phone_regions=("UK",), merge_subaddresses=False)


def test_ingest_does_not_import_the_numbering_plans() -> None:
    """They take 40 ms that only clients with regions cost."""
    code = "import sys, brain.services.gateway.ingest; sys.exit('phonenumbers' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
