"""Identity tokens: this client's audience, issuer and account, not expired, by a key that the issuer publishes."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from manual_clock import ManualClock
from unit.signatures.identity_tokens import ACCOUNT, AUDIENCE, Issuer, google_claims, issuer, public_jwk, token
from unit.signatures.signers import NOW

from brain.adapters.key_sets import HttpKeySets
from brain.domain.senders.signatures import openid
from brain.domain.senders.signatures.registry import SCHEMES, verify
from brain.domain.senders.signatures.signed_request import Proof, Refused, SignedRequest, Trust
from brain.errors import MisconfiguredError, SenderCheckUnavailableError

TOLERANCE = timedelta(minutes=5)
GOOGLE = ("https://accounts.google.com", "accounts.google.com")
EXPECTED = json.dumps({"audience": AUDIENCE, "email": ACCOUNT})
KEYS = {"key-1": "key-1", "key-2": "key-2"}


def trust(*secrets: str, issuers: tuple[str, ...] = GOOGLE, keys_url: str = "https://keys.example/") -> Trust:
    """What is trusted, with the keys at hand."""
    return Trust(secrets or (EXPECTED,), issuers, keys_url, lambda _url, kid: public_jwk(kid) if kid in KEYS else None)


def pushed(text: str) -> SignedRequest:
    """A push with a bearer."""
    return SignedRequest("POST", (AUDIENCE,), {"authorization": f"Bearer {text}"}, b"{}")


def answer(text: str, given: Trust | None = None) -> Proof | Refused:
    """What is said of a token now."""
    return verify("openid", pushed(text), given or trust(), NOW, TOLERANCE)


def test_a_push_of_the_clients_own_account_is_proven() -> None:
    """The token says nothing of the delivery, so it lends no time."""
    request = pushed(token(google_claims(NOW)))
    assert SCHEMES["openid"].claims(request)
    assert answer(token(google_claims(NOW))) == Proof()


@pytest.mark.parametrize(
    "other",
    [
        {"aud": "https://brain.example/v1/clients/other/events/warehouse"},
        {"aud": None},
        {"iss": "https://accounts.goggle.com"},
        {"iss": None},
        {"email": "push@another-project.iam.gserviceaccount.com"},
        {"email": None},
        {"email_verified": False},
        {"email_verified": "true"},
        {"exp": int(NOW.timestamp())},
        {"exp": int(NOW.timestamp()) - 1},
        {"exp": None},
        {"exp": True},
        {"exp": "soon"},
        {"iat": None},
        {"iat": int(NOW.timestamp()) + 301, "exp": int(NOW.timestamp()) + 900},
        {"nbf": int(NOW.timestamp()) + 301},
        {"exp": int(NOW.timestamp()) + 86_401},
    ],
    ids=str,
)
def test_a_token_that_says_anything_else_is_refused(other: dict[str, Any]) -> None:
    """Another's audience, issuer, account; expired; of the future; for ever."""
    assert isinstance(answer(token(google_claims(NOW, **other))), Refused)


def test_an_issuers_clock_may_be_five_minutes_ahead() -> None:
    """As any sender's."""
    assert answer(token(google_claims(NOW + TOLERANCE))) == Proof()


def test_a_token_by_another_key_or_without_one_is_refused() -> None:
    """A key that the issuer does not publish, or a signature by another one, or none."""
    good = token(google_claims(NOW))
    assert isinstance(answer(token(google_claims(NOW), "key-9")), Refused)
    assert isinstance(answer(token(google_claims(NOW), "key-2", named="key-1")), Refused)
    head, body, signature = good.split(".")
    for forged in (f"{head}.{body}.", f"{head}.{body}.{signature[:-8]}AAAAAAAA", "a.b.c", f"{head}..{signature}"):
        assert isinstance(answer(forged), Refused)
    none = jwt.encode(google_claims(NOW), "", "none", headers={"kid": "key-1"})
    shared = jwt.encode(google_claims(NOW), "s" * 32, "HS256", headers={"kid": "key-1"})
    no_key = jwt.encode(google_claims(NOW), "s" * 32, "HS256")
    assert all(isinstance(answer(text), Refused) for text in (none, shared, no_key))


@given(place=st.integers(0, 10**6), character=st.sampled_from("ABCDwxyz0189-_"))
def test_any_character_of_a_token_counts(place: int, character: str) -> None:
    """What still reads as the very same bytes is the only exception."""
    good = token(google_claims(NOW))
    at = place % len(good)
    changed = good[:at] + character + good[at + 1 :]
    assert isinstance(answer(changed), Refused) or _bytes(changed) == _bytes(good)


def _bytes(text: str) -> list[bytes]:
    """The three parts of a token as bytes."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]


def test_a_key_that_cannot_be_used_is_refused() -> None:
    """An issuer may publish what we do not understand."""
    odd = replace(trust(), key_of=lambda _url, _kid: {"kty": "odd", "kid": "key-1"})
    assert isinstance(answer(token(google_claims(NOW)), odd), Refused)


def test_a_bearer_without_the_parts_of_a_token_claims_nothing() -> None:
    """API keys have no dots."""
    for text in ("brk_abc", "a.b", ""):
        assert not SCHEMES["openid"].claims(pushed(text))
    assert not SCHEMES["openid"].claims(replace(pushed("a.b.c"), headers={}))


def test_salesforces_token_is_checked_against_the_orgs_own_issuer_and_keys() -> None:
    """The issuer and the keys are named in the client's secret."""
    entry = {
        "issuer": "https://acme.my.salesforce.com",
        "audience": AUDIENCE,
        "subject": "integration@acme.example",
        "keys_url": "https://acme.my.salesforce.com/id/keys",
    }
    asked: list[str] = []

    def key_of(url: str, kid: str) -> dict[str, Any]:
        asked.append(url)
        return public_jwk(kid)

    given = Trust((json.dumps(entry),), (), "", key_of)
    said = google_claims(NOW, iss=entry["issuer"], sub=entry["subject"], email=None, email_verified=None)
    assert answer(token(said), given) == Proof()
    assert asked == [entry["keys_url"]]
    assert isinstance(answer(token(said | {"sub": "another@acme.example"}), given), Refused)
    assert isinstance(answer(token(said | {"iss": "https://other.my.salesforce.com"}), given), Refused)


def test_any_of_several_accounts_may_push() -> None:
    """While one replaces the other."""
    other = json.dumps({"audience": AUDIENCE, "email": "new@a-project.iam.gserviceaccount.com"})
    assert answer(token(google_claims(NOW)), trust(other, EXPECTED)) == Proof()
    assert isinstance(answer(token(google_claims(NOW)), trust(other)), Refused)


@pytest.mark.parametrize(
    "secret",
    [
        "no JSON",
        "[]",
        '{"audience": "a"}',
        '{"email": "a"}',
        '{"audience": 1, "email": "a"}',
        '{"audience": "", "email": "a"}',
    ],
)
def test_an_entry_that_would_trust_anyone_is_the_operators_fault(secret: str) -> None:
    """Anyone may have Google sign a token for any audience, so the account must be named."""
    with pytest.raises(MisconfiguredError, match="audience"):
        answer(token(google_claims(NOW)), trust(secret))


def test_keys_are_fetched_safely_or_not_at_all() -> None:
    """An address without TLS would let anyone on the way issue tokens."""
    entry = json.dumps({"issuer": "i", "audience": AUDIENCE, "subject": "s", "keys_url": "http://keys.example/"})
    with pytest.raises(MisconfiguredError, match="https"):
        answer(token(google_claims(NOW)), Trust((entry,)))


@pytest.fixture
def published() -> Iterator[Issuer]:
    """An issuer on the loopback."""
    with issuer() as served:
        yield served


def test_a_key_set_is_fetched_once_an_hour_and_again_for_a_new_key(published: Issuer) -> None:
    """An unknown key makes us look again, at most once a minute, so that a stranger cannot make us ask."""
    clock = ManualClock(NOW)
    keys = HttpKeySets(clock)
    assert keys.key_of(published.url, "key-1") == public_jwk("key-1")
    assert keys.key_of(published.url, "key-1")
    assert published.asked == 1
    published.kids = ["key-2"]
    assert keys.key_of(published.url, "key-2") is None
    assert published.asked == 1
    clock.advance(timedelta(minutes=1))
    assert keys.key_of(published.url, "key-2")
    assert keys.key_of(published.url, "key-1") is None
    assert published.asked == 2
    clock.advance(timedelta(hours=1))
    assert keys.key_of(published.url, "key-2")
    assert published.asked == 3


@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": 1}', b"\xff", b"{" + b" " * (1024 * 1024) + b"}"])
def test_a_known_key_set_serves_on_while_its_issuer_is_ill(published: Issuer, body: bytes) -> None:
    """And an unknown one makes the sender try again, whom nobody refused."""
    clock = ManualClock(NOW)
    keys = HttpKeySets(clock)
    assert keys.key_of(published.url, "key-1")
    clock.advance(timedelta(hours=2))
    published.body = body
    assert keys.key_of(published.url, "key-1")
    assert published.asked == 2
    fresh = HttpKeySets(clock)
    for _ in range(2):
        with pytest.raises(SenderCheckUnavailableError, match="send again"):
            fresh.key_of(published.url, "key-1")
    assert published.asked == 3


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_redirect_is_not_followed_and_an_error_is_no_key_set(published: Issuer, status: int) -> None:
    """Keys come from the address that the operator named and from no other."""
    published.status = status
    with pytest.raises(SenderCheckUnavailableError):
        HttpKeySets(ManualClock(NOW)).key_of(published.url, "key-1")
    assert published.asked == 1


def test_entries_without_names_are_passed_over(published: Issuer) -> None:
    """One odd entry does not spoil the others."""
    published.body = json.dumps({"keys": ["odd", {"kty": "RSA"}, public_jwk("key-1")]}).encode()
    assert HttpKeySets(ManualClock(NOW)).key_of(published.url, "key-1") == public_jwk("key-1")


def test_the_algorithms_are_those_of_public_keys() -> None:
    """Never one by which a public key could pass for a shared secret."""
    assert all(name[:2] in ("RS", "ES") for name in openid.ALGORITHMS)
