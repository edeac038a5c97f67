"""Every field name that holds personal data is pseudonymized, in every spelling, and nothing beside it is."""

from collections.abc import Iterator
from itertools import product

import pytest

from brain.domain.privacy import personal_fields
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.personal_fields import ALL_FIELDS
from brain.domain.privacy.pseudonyms import PSEUDONYM_PATTERN, Pseudonymizer

# These lists are written out a second time on purpose: a name that is dropped from the code must fail a test.
PERSONAL_NAMES = [
    "emails", "email_id", "unique_email_id", "email_hash", "email_md5", "recipient", "recipients", "rcpt_to", "to",
    "from", "cc", "bcc", "sender", "reply_to", "mail_from", "destination", "envelope_from", "envelope_to",
    "return_path", "subscriber", "bounced_recipients", "complained_recipients", "delayed_recipients",
    "subscriber_key", "subscriber_id", "euid", "phones", "fax", "tel", "whatsapp", "msisdn", "caller_id", "ip",
    "ips", "ip_addr", "remote_ip", "remote_addr", "remote_host", "source_ip", "ip_opt", "ip_signup",
    "x_forwarded_for", "forwarded_for", "display_name", "nickname", "handle", "middle_name", "given_name",
    "family_name", "surname", "fname", "lname", "maiden_name", "real_name", "salutation", "author", "authors",
    "creator", "created_by", "created_by_id", "user", "users", "user_uuid", "user_pseudo_id", "open_id", "union_id",
    "owner", "owners", "hs_all_owner_ids", "last_modified_by", "last_modified_by_id", "last_viewed_by",
    "commit_user", "actor", "actor_id", "assignee", "assignee_id", "person", "people", "member", "member_urn",
    "contact", "contact_ids", "who_id", "lead_id", "visitor_id", "anonymous_id", "user_ids", "psid", "asid",
    "profile", "profile_id", "mentions", "channel_id", "channel_title", "follower_id", "reporter", "employee",
    "employee_id", "modified_by", "updated_by", "principal", "distinct_id", "sales_rep", "device_id", "idfa",
    "idfv", "gaid", "advertising_id", "gclid", "fbclid", "msclkid", "ttclid", "dclid", "gbraid", "wbraid",
    "cookie_id", "street", "street_address", "address", "addresses", "mailing_street", "mailing_address",
    "other_address", "billing_street", "shipping_street", "home_address", "birthday", "date_of_birth", "dob", "ssn",
    "tax_id", "national_id", "passport",
]  # fmt: skip
PERSONAL_SUFFIXES = [
    "email", "email_address", "phone", "phone_number", "mobile", "ip_address", "username", "first_name",
    "last_name", "full_name", "screen_name", "user_id", "author_id", "owner_id", "person_id", "contact_id",
    "member_id", "creator_id", "recipient_id", "birthdate",
]  # fmt: skip
PERSON_ROLES = [
    "user", "author", "owner", "creator", "contact", "recipient", "subscriber", "sender", "customer", "member",
    "person", "employee", "assignee", "lead", "buyer", "attendee", "visitor", "patient", "client", "guest", "actor",
    "from", "to", "reply",
]  # fmt: skip
PERSON_ATTRIBUTES = ["name", "ip", "address", "handle"]
NON_IDENTIFYING_NAMES = [
    "type", "kind", "role", "status", "created_at", "updated_at", "verified", "verified_type", "attributes",
    "created_date", "last_modified_date", "systemmodstamp", "createdate", "lifecycle_stage", "hs_lead_status",
    "currency_iso_code", "subscription_type", "change_type", "change_source", "change_flag", "change_origin",
    "changed_fields", "nulled_fields", "entity_name", "transaction_key", "property_name", "object_type_id",
    "fivetran_synced", "hs_email_optout", "object", "tags",
]  # fmt: skip
OTHER_NAMES = ["campaign_id", "post_id", "country", "caption", "subject", "likes", "event", "total", "platform"]
KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")
VALUE = "Canarina Vogel"


def spellings(name: str) -> Iterator[str]:
    """Yield the ways in which providers write a field name: snake_case, camelCase, PascalCase, kebab-case and more."""
    words = name.split("_")
    pascal = "".join(word.capitalize() for word in words)
    yield from (name, name.upper(), pascal, pascal[0].lower() + pascal[1:], "".join(words))
    yield from ("-".join(words), "-".join(word.capitalize() for word in words), " ".join(words), f"_{name}")


def scrub(name: str, extra_fields: frozenset[str] = frozenset()) -> object:
    """Return what is stored for ``VALUE`` in a field of this name."""
    return Pseudonymizer("acme", KEYS, extra_fields).scrub_payload({name: VALUE})[name]


def leaking(names: list[str]) -> list[str]:
    """Return the spellings of ``names`` under which the value is stored as it came."""
    written = [spelling for name in names for spelling in spellings(name)]
    return [name for name in written if not PSEUDONYM_PATTERN.fullmatch(str(scrub(name)))]


@pytest.mark.parametrize("name", PERSONAL_NAMES)
def test_a_personal_name_is_pseudonymized_in_every_spelling(name: str) -> None:
    """One entry per line of the list, so that dropping any of them fails by its name."""
    assert leaking([name]) == []


@pytest.mark.parametrize("suffix", PERSONAL_SUFFIXES)
def test_a_personal_suffix_is_pseudonymized_alone_and_after_any_prefix(suffix: str) -> None:
    """``billing_email`` is as personal as ``email``."""
    assert leaking([suffix, f"billing_{suffix}", f"x_primary_{suffix}"]) == []


@pytest.mark.parametrize("role", PERSON_ROLES)
def test_a_role_with_an_attribute_is_pseudonymized(role: str) -> None:
    """Names, addresses and handles of customers, guests and all other people."""
    assert leaking([f"{role}_{attribute}" for attribute in PERSON_ATTRIBUTES]) == []


@pytest.mark.parametrize("name", OTHER_NAMES)
def test_other_names_keep_their_text(name: str) -> None:
    """A list that matched everything would make the raw payload useless."""
    assert [spelling for spelling in spellings(name) if scrub(spelling) != VALUE] == []


@pytest.mark.parametrize("name", NON_IDENTIFYING_NAMES)
def test_a_non_identifying_field_of_a_person_keeps_its_text(name: str) -> None:
    """In a record of which every text is personal, and in an object under a personal name."""
    for spelling in spellings(name):
        assert scrub(spelling, ALL_FIELDS) == VALUE
        nested = Pseudonymizer("acme", KEYS).scrub_payload({"user": {spelling: VALUE}})
        assert nested == {"user": {spelling: VALUE}}


def test_every_other_text_of_a_persons_record_is_pseudonymized() -> None:
    """Custom fields of a contact have names that nobody knows in advance."""
    assert PSEUDONYM_PATTERN.fullmatch(str(scrub("favourite_dish", ALL_FIELDS)))


def test_the_lists_of_the_code_are_the_lists_of_this_test() -> None:
    """A new entry needs a line here, so that it cannot be lost again unnoticed."""
    assert {name.replace("_", "") for name in PERSONAL_NAMES} == personal_fields.PERSONAL_NAMES
    assert [suffix.replace("_", "") for suffix in PERSONAL_SUFFIXES] == list(personal_fields.PERSONAL_SUFFIXES)
    assert [*PERSON_ROLES, *PERSON_ATTRIBUTES] == [*personal_fields.PERSON_ROLES, *personal_fields.PERSON_ATTRIBUTES]
    assert {name.replace("_", "") for name in NON_IDENTIFYING_NAMES} == personal_fields.NON_IDENTIFYING_NAMES


def test_no_entry_repeats_what_another_rule_covers() -> None:
    """An entry without an effect of its own could be dropped without any test noticing."""
    suffixes = tuple(suffix.replace("_", "") for suffix in PERSONAL_SUFFIXES)
    roles = {f"{role}{attribute}" for role, attribute in product(PERSON_ROLES, PERSON_ATTRIBUTES)}
    names = {name.replace("_", "") for name in PERSONAL_NAMES}
    assert sorted(name for name in names if name.endswith(suffixes) or name in roles) == []
