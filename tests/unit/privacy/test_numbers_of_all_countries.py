"""How many of the example numbers of all countries are found, in the field of a number and in a text."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.pseudonyms import Pseudonymizer, list_stored_pseudonyms
from brain.domain.privacy.spellings import SpellingRules

KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")
TYPES = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
EXAMPLES = [
    (region, number)
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    for number in (phonenumbers.example_number_for_type(region, kind) for kind in TYPES)
    if number is not None
]
GOAL = 0.99


def share_found(name: str, sentence: str, number_format: int, *, with_region: bool) -> float:
    """Return the share of the numbers whose pseudonym is stored, and is one that an erasure looks for."""
    found = 0
    for region, number in EXAMPLES:
        rules = SpellingRules(phone_regions=(region,) if with_region else (), merge_subaddresses=False)
        text = phonenumbers.format_number(number, number_format)
        stored = str(Pseudonymizer("acme", KEYS, rules=rules).scrub_payload({name: sentence.format(text)}))
        subject = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        names = list_stored_pseudonyms(subject, "acme", KEYS, rules)
        found += text not in stored and any(pseudonym in stored for pseudonym in names)
    return found / len(EXAMPLES)


@pytest.mark.parametrize(("name", "sentence"), [("cell", "{}"), ("note", "{}"), ("note", "reach me at {}, thanks")])
def test_numbers_with_the_clients_country_are_found(name: str, sentence: str) -> None:
    """As people of the country write them; the erasure is asked for the international number."""
    assert share_found(name, sentence, PhoneNumberFormat.NATIONAL, with_region=True) >= GOAL


@pytest.mark.parametrize("number_format", [PhoneNumberFormat.E164, PhoneNumberFormat.INTERNATIONAL])
@pytest.mark.parametrize(("name", "sentence"), [("cell", "{}"), ("note", "{}"), ("note", "or {}, thanks")])
def test_international_numbers_are_found_without_a_country(name: str, sentence: str, number_format: int) -> None:
    """A plus tells a number from everything else."""
    assert share_found(name, sentence, number_format, with_region=False) >= GOAL
