"""An erased person goes from every place where an id or a text is stored, in every spelling."""

from typing import Any

import pytest

from brain.domain.gateway.erasure import find_redactions
from brain.domain.privacy.keys import IdentityKeys
from brain.domain.privacy.person import ERASED, Person
from brain.domain.privacy.spellings import SpellingRules

KEYS = IdentityKeys(1, b"a salt of the tests, 32 bytes long")
RULES = SpellingRules(phone_regions=("SE",), merge_subaddresses=True)

SPELLINGS = {
    "ada@bücher.example": (
        "ADA@BÜCHER.example", "mailto:ada@xn--bcher-kva.example", "ada%40bücher.example", "ada+news@bücher.example",
        "\uff41\uff44\uff41\uff20bücher.example", "ada@bu\u0308cher.example", " ada@bücher.example. ",
    ),
    "Ada.Lind@googlemail.com": ("adalind@gmail.com", "a.d.a.lind+x@gmail.com"),
    "+46 70 174 06 35": (
        "0701740635", "070-174 06 35", "46701740635", "0046 (0)70 1740635", "tel:+46-70-174-06-35", "+46701740635",
    ),
    "@ada_lind": ("ada_lind", "@ADA_lind", "\uff20ada_lind"),
    "André Lind": ("andré lind", "ANDRE\u0301 LIND"),
}  # fmt: skip
PAIRS = [(subject, spelling) for subject, spellings in SPELLINGS.items() for spelling in (subject, *spellings)]


@pytest.mark.parametrize(("subject", "spelling"), PAIRS)
@pytest.mark.parametrize("name", ["correlation_id", "user_id", "approved_by", "owner"])
def test_an_id_that_is_the_person_goes(subject: str, spelling: str, name: str) -> None:
    """At the top of a document, nested, in a list, whatever other ids are there."""
    person = Person(subject, "acme", KEYS, RULES)
    for document in ({name: spelling}, {"inner": [{name: spelling, "likes": 3}]}, {"inner": {name: ["x", spelling]}}):
        redactions = find_redactions(document, person)
        assert ERASED in str(redactions)
        assert spelling not in str(redactions)
        assert find_redactions(redactions, person) == {}


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("ada@bücher.example", "refused for ADA@xn--bcher-kva.example, try later"),
        ("ada@bücher.example", "refused for ada@bu\u0308cher.example, try later"),
        ("ada@bücher.example", '{"to":"mailto:ada%40bücher.example"}'),
        ("+46 70 174 06 35", "call 070-174 06 35 in the morning"),
        ("+46 70 174 06 35", "call 0046701740635"),
        ("@ada_lind", "thanks to @Ada_Lind!"),
        ("André Lind", "thanks to ANDRE\u0301 LIND!"),
        ("ada@example.org", "order-7:ada@example.org"),
        ("ada@example.org", "order-7:ADA@EXAMPLE.ORG"),
    ],
)
def test_a_text_that_names_the_person_loses_them(subject: str, text: str) -> None:
    """In reasons, messages, warnings and ids that contain more."""
    person = Person(subject, "acme", KEYS, RULES)
    redactions = find_redactions({"message": text, "correlation_id": text, text: 1}, person)
    assert [name for name in ("message", "correlation_id") if ERASED not in redactions[name]] == []
    assert person.occurs_in(text)
    assert not person.occurs_in(redactions["message"])


@pytest.mark.parametrize(
    "document",
    [
        {"message": "thanks to bo@bücher.example and \uff10\uff11\uff12, andré", "likes": 3},
        {"correlation_id": "ada@bücher.examples", "content_id": "order-0701740635"},
        {"user_id": "bo", "reason": "I know better"},
        {"version": "1.2.3.4", "retracted": True, "user_id": None},
    ],
)
def test_a_document_that_names_somebody_else_stays_as_it_is(document: dict[str, Any]) -> None:
    """Byte for byte, also in full width and decomposed."""
    for subject in SPELLINGS:
        assert find_redactions(document, Person(subject, "acme", KEYS, RULES)) == {}
