"""One canonical spelling per person, so that every way to write an address or a number gives the same pseudonym.

Spellings that version 0.1 told apart have other pseudonyms in stored events; ``list_former_spellings`` names them, so
that an erasure finds those too.
"""

import re
import unicodedata
from typing import Annotated, Final

from pydantic import AfterValidator, StringConstraints

from brain.domain.events import ClientId
from brain.domain.types import StrictModel

Region = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]

_TELEPHONE: Final = re.compile(r"(?:\+|%2[Bb]|00)?[\d ().\-/]{7,24}")
_NATIONAL: Final = re.compile(r"[\d ().\-/]{4,24}")
_INTERNATIONAL: Final = ("+", "%2b", "00")
_NON_DIGITS: Final = re.compile(r"\D+")
_TRUNK_ZERO: Final = re.compile(r"\(0\)")
_SCHEME: Final = re.compile(r"(?:mailto|tel|sms|callto|whatsapp):(?://)?", re.IGNORECASE)
_EMAIL: Final = re.compile(r"([^@\s]+)(?:@|%40)([^@\s?]+)")
_GMAIL: Final = frozenset({"gmail.com", "googlemail.com"})


def _check_regions(regions: tuple[str, ...]) -> tuple[str, ...]:
    """Refuse what is no country, such as UK for GB, under which no number would ever be found."""
    if regions:
        from brain.domain.privacy import phone_numbers  # noqa: PLC0415 - 40 ms for clients with regions only

        unknown = [region for region in regions if not phone_numbers.is_region(region)]
        if unknown:
            raise ValueError(f"expected ISO 3166-1 countries such as GB, got {', '.join(unknown)}")
    return regions


class SpellingRules(StrictModel):
    """What makes two spellings one person, beyond what holds for everybody.

    Attributes:
        phone_regions: the countries (ISO 3166-1) whose national telephone numbers people are expected to write.
        merge_subaddresses: whether ``ada+news@`` is ``ada@``, and the dots of a Gmail address are ignored.
    """

    phone_regions: Annotated[tuple[Region, ...], AfterValidator(_check_regions)]
    merge_subaddresses: bool


NO_RULES: Final = SpellingRules(phone_regions=(), merge_subaddresses=False)


class ClientSpellingRules(SpellingRules):
    """The rules of one client."""

    client_id: ClientId


class PrivacyConfig(StrictModel):
    """The shape of ``config/brain_privacy.yaml``: ``defaults`` for every client that ``clients`` does not name."""

    defaults: SpellingRules
    clients: tuple[ClientSpellingRules, ...]

    def find_rules(self, client_id: str) -> SpellingRules:
        """Return the rules of a client."""
        return next((rules for rules in self.clients if rules.client_id == client_id), self.defaults)


NO_PRIVACY_RULES: Final = PrivacyConfig(defaults=NO_RULES, clients=())


def normalize_person(person: str, rules: SpellingRules = NO_RULES) -> str:
    """Return the canonical spelling of a person.

    Case, Unicode form, full width, the ``@`` of a handle, ``mailto:``, the encoding of a domain and the format of a
    telephone number do not matter. ASCII addresses, names and international numbers are as version 0.1 spelled them.

    >>> normalize_person("mailto:Ada@XN--BCHER-KVA.example")
    'ada@bücher.example'
    >>> normalize_person("0046 (0)70 123 45 67")
    '46701234567'
    """
    text = person if person.isascii() else unicodedata.normalize("NFKC", person)
    text = _strip_scheme(text.strip()).removeprefix("@").casefold()
    if "@" in text or "%40" in text:
        return _normalize_email(text, merge_subaddresses=rules.merge_subaddresses)
    return _normalize_phone(text, rules.phone_regions)


def list_former_spellings(person: str, rules: SpellingRules = NO_RULES) -> tuple[str, ...]:
    """Return how version 0.1 or other rules may have spelled a person, the canonical spelling first."""
    canonical = normalize_person(person, rules)
    bare = _strip_scheme(person.strip())
    spellings = [canonical, normalize_person(person), spell_as_in_version_0_1(person), spell_as_in_version_0_1(bare)]
    for text in (bare, canonical):
        spellings += [
            spell_as_in_version_0_1(unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC", "NFKD")
        ]
    if "@" in canonical:
        spellings += [f"mailto:{canonical}", *_list_ascii_domains(canonical), canonical.replace("@", "%40")]
    elif any(character.isdigit() for character in canonical):
        spellings += _list_phone_spellings(bare, canonical, rules.phone_regions)
    return tuple(dict.fromkeys(spellings))


def spell_as_in_version_0_1(person: str) -> str:
    """Return the spelling from which version 0.1 derived pseudonyms."""
    text = person.strip().removeprefix("@").casefold()
    if _TELEPHONE.fullmatch(text) and (not text.isdigit() or text.startswith("00")):
        return _NON_DIGITS.sub("", text.replace("%2b", "").removeprefix("00"))
    return text


def _strip_scheme(text: str) -> str:
    scheme = _SCHEME.match(text) if ":" in text else None
    return text[scheme.end() :].partition("?")[0] if scheme else text


def _normalize_email(text: str, *, merge_subaddresses: bool) -> str:
    if text.isascii() and not merge_subaddresses and "%40" not in text and "xn--" not in text and text[-1:] != ".":
        return text  # which is canonical already
    match = _EMAIL.fullmatch(text)
    if match is None:
        return text
    local, domain = match[1], _decode_domain(match[2])
    if merge_subaddresses:
        local = local.partition("+")[0] or local
        if domain in _GMAIL:
            local, domain = local.replace(".", ""), "gmail.com"
    return f"{local}@{domain}"


def _decode_domain(domain: str) -> str:
    """Return a domain with its ``xn--`` labels as what they encode."""
    if "xn--" not in domain:
        return domain.removesuffix(".")
    return ".".join(map(_decode_label, domain.removesuffix(".").split(".")))


def _decode_label(label: str) -> str:
    if not label.startswith("xn--") or not label.isascii():
        return label
    try:
        return unicodedata.normalize("NFKC", label[4:].encode().decode("punycode")).casefold()
    except UnicodeError:
        return label


def _list_ascii_domains(address: str) -> list[str]:
    local, _, domain = address.partition("@")
    if domain.isascii():
        return []
    labels = (label if label.isascii() else f"xn--{label.encode('punycode').decode()}" for label in domain.split("."))
    return [f"{local}@{'.'.join(labels)}"]


def _normalize_phone(text: str, regions: tuple[str, ...]) -> str:
    if text.isalpha():
        return text
    complete = _complete_national(text, regions) if regions else None
    if complete:
        return complete
    if not _TELEPHONE.fullmatch(text) or (text.isdigit() and not text.startswith("00")):
        return text
    return _join_digits(_TRUNK_ZERO.sub("", text) if text.startswith(_INTERNATIONAL) else text)


def _complete_national(text: str, regions: tuple[str, ...]) -> str | None:
    """Return a national number with its country code; digits alone are an identifier unless they start with a 0."""
    is_identifier = text.isdigit() and not text.startswith("0")
    if is_identifier or text.startswith("00") or not _NATIONAL.fullmatch(text):
        return None
    from brain.domain.privacy import phone_numbers  # noqa: PLC0415 - 40 ms for clients with regions only

    return phone_numbers.find_international(text, regions)


def _join_digits(text: str) -> str:
    digits = _NON_DIGITS.sub("", text.replace("%2b", "").removeprefix("00"))
    return digits if digits.isascii() else "".join(str(unicodedata.digit(digit)) for digit in digits)


def _list_phone_spellings(bare: str, canonical: str, regions: tuple[str, ...]) -> list[str]:
    from brain.domain.privacy import phone_numbers  # noqa: PLC0415 - only an erasure needs them all

    digits = _NON_DIGITS.sub("", bare)
    return [digits, digits.removeprefix("00"), *phone_numbers.list_spellings(canonical, bare, regions)]
