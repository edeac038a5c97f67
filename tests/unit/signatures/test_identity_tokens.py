"""Identity tokens need the client's audience, issuer and account, a valid time and a published key."""

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
from unit.signatures.identity_tokens import ACCOUNT, AUDIENCE, Issuer, google_claims, issuer, public_jwk, sign_token
from unit.signatures.signers import NOW

from brain.adapters.key_sets import HttpKeySets
from brain.domain.senders.signatures import openid
from brain.domain.senders.signatures.registry import SCHEMES, verify
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest
from brain.errors import MisconfiguredError, SenderCheckUnavailableError
from brain.testing.manual_clock import ManualClock

TOLERANCE = timedelta(minutes=5)
GOOGLE = ("https://accounts.google.com", "accounts.google.com")
EXPECTED = json.dumps({"audience": AUDIENCE, "email": ACCOUNT})
KEYS = {"key-1": "key-1", "key-2": "key-2"}


def trust_account(
    *secrets: str, issuers: tuple[str, ...] = GOOGLE, keys_url: str = "https://keys.example/"
) -> SenderCredentials:
    """Return the client's credentials, with a key set of its issuer."""
    return SenderCredentials(
        secrets or (EXPECTED,), issuers, keys_url, lambda _url, kid: public_jwk(kid) if kid in KEYS else None
    )


def push_with(bearer: str) -> SignedRequest:
    """Return a push with this bearer token."""
    return SignedRequest("POST", (AUDIENCE,), {"authorization": f"Bearer {bearer}"}, b"{}")


def verify_token(token: str, credentials: SenderCredentials | None = None) -> Proof | Refusal:
    """Verify a push with this token now."""
    return verify("openid", push_with(token), credentials or trust_account(), NOW, TOLERANCE)


def test_a_push_of_the_clients_own_account_is_proven() -> None:
    """The token does not sign the delivery, so the proof has no time."""
    request = push_with(sign_token(google_claims(NOW)))
    assert SCHEMES["openid"].applies_to(request)
    assert verify_token(sign_token(google_claims(NOW))) == Proof()


@pytest.mark.parametrize(
    "changes",
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
def test_a_token_with_any_other_claim_is_refused(changes: dict[str, Any]) -> None:
    """Another audience, issuer or account; expired, issued in the future, or valid for too long."""
    assert isinstance(verify_token(sign_token(google_claims(NOW, **changes))), Refusal)


def test_an_issuers_clock_may_be_five_minutes_ahead() -> None:
    """Like the clock of any sender."""
    assert verify_token(sign_token(google_claims(NOW + TOLERANCE))) == Proof()


def test_a_token_by_another_key_or_without_one_is_refused() -> None:
    """A key that the issuer does not publish, or a signature by another one, or none."""
    genuine = sign_token(google_claims(NOW))
    assert isinstance(verify_token(sign_token(google_claims(NOW), "key-9")), Refusal)
    assert isinstance(verify_token(sign_token(google_claims(NOW), "key-2", claimed_kid="key-1")), Refusal)
    head, body, signature = genuine.split(".")
    for forged in (f"{head}.{body}.", f"{head}.{body}.{signature[:-8]}AAAAAAAA", "a.b.c", f"{head}..{signature}"):
        assert isinstance(verify_token(forged), Refusal)
    none = jwt.encode(google_claims(NOW), "", "none", headers={"kid": "key-1"})
    shared = jwt.encode(google_claims(NOW), "s" * 32, "HS256", headers={"kid": "key-1"})
    no_key = jwt.encode(google_claims(NOW), "s" * 32, "HS256")
    assert all(isinstance(verify_token(text), Refusal) for text in (none, shared, no_key))


@given(position=st.integers(0, 10**6), character=st.sampled_from("ABCDwxyz0189-_"))
def test_any_character_of_a_token_counts(position: int, character: str) -> None:
    """The only exception is text that decodes to the same bytes."""
    genuine = sign_token(google_claims(NOW))
    index = position % len(genuine)
    changed = genuine[:index] + character + genuine[index + 1 :]
    assert isinstance(verify_token(changed), Refusal) or _bytes(changed) == _bytes(genuine)


def _bytes(text: str) -> list[bytes]:
    """Return the three parts of a token as bytes."""
    return [base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in text.split(".")]


def test_a_key_that_cannot_be_used_is_refused() -> None:
    """An issuer may publish keys of an unknown type."""
    credentials = replace(trust_account(), find_key=lambda _url, _kid: {"kty": "odd", "kid": "key-1"})
    assert isinstance(verify_token(sign_token(google_claims(NOW)), credentials), Refusal)


def test_the_scheme_does_not_apply_to_a_bearer_that_is_not_a_token() -> None:
    """API keys have no dots."""
    for text in ("brk_abc", "a.b", ""):
        assert not SCHEMES["openid"].applies_to(push_with(text))
    assert not SCHEMES["openid"].applies_to(replace(push_with("a.b.c"), headers={}))


def test_salesforces_token_is_checked_against_the_orgs_own_issuer_and_keys() -> None:
    """The client's secret names the issuer and the key set."""
    settings = {
        "issuer": "https://acme.my.salesforce.com",
        "audience": AUDIENCE,
        "subject": "integration@acme.example",
        "keys_url": "https://acme.my.salesforce.com/id/keys",
    }
    requested_urls: list[str] = []

    def find_key(url: str, kid: str) -> dict[str, Any]:
        requested_urls.append(url)
        return public_jwk(kid)

    credentials = SenderCredentials((json.dumps(settings),), (), "", find_key)
    claims = google_claims(NOW, iss=settings["issuer"], sub=settings["subject"], email=None, email_verified=None)
    assert verify_token(sign_token(claims), credentials) == Proof()
    assert requested_urls == [settings["keys_url"]]
    assert isinstance(verify_token(sign_token(claims | {"sub": "another@acme.example"}), credentials), Refusal)
    assert isinstance(
        verify_token(sign_token(claims | {"iss": "https://other.my.salesforce.com"}), credentials), Refusal
    )


def test_any_of_several_accounts_may_push() -> None:
    """So that one account can replace another."""
    other = json.dumps({"audience": AUDIENCE, "email": "new@a-project.iam.gserviceaccount.com"})
    assert verify_token(sign_token(google_claims(NOW)), trust_account(other, EXPECTED)) == Proof()
    assert isinstance(verify_token(sign_token(google_claims(NOW)), trust_account(other)), Refusal)


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
def test_a_secret_that_would_trust_anyone_is_a_misconfiguration(secret: str) -> None:
    """Anyone can have Google sign a token for any audience, so the secret must name the account."""
    with pytest.raises(MisconfiguredError, match="audience"):
        verify_token(sign_token(google_claims(NOW)), trust_account(secret))


def test_keys_are_only_fetched_with_tls() -> None:
    """Without TLS anyone on the network path could issue tokens."""
    secret = json.dumps({"issuer": "i", "audience": AUDIENCE, "subject": "s", "keys_url": "http://keys.example/"})
    with pytest.raises(MisconfiguredError, match="https"):
        verify_token(sign_token(google_claims(NOW)), SenderCredentials((secret,)))


@pytest.fixture
def published() -> Iterator[Issuer]:
    """An issuer on the loopback."""
    with issuer() as served:
        yield served


def test_a_key_set_is_fetched_once_an_hour_and_again_for_a_new_key(published: Issuer) -> None:
    """An unknown key triggers another fetch, at most once per minute, so that a stranger cannot cause many."""
    clock = ManualClock(NOW)
    keys = HttpKeySets(clock)
    assert keys.find_key(published.url, "key-1") == public_jwk("key-1")
    assert keys.find_key(published.url, "key-1")
    assert published.requests == 1
    published.kids = ["key-2"]
    assert keys.find_key(published.url, "key-2") is None
    assert published.requests == 1
    clock.advance(timedelta(minutes=1))
    assert keys.find_key(published.url, "key-2")
    assert keys.find_key(published.url, "key-1") is None
    assert published.requests == 2
    clock.advance(timedelta(hours=1))
    assert keys.find_key(published.url, "key-2")
    assert published.requests == 3


@pytest.mark.parametrize("body", [b"", b"[]", b'{"keys": 1}', b"\xff", b"{" + b" " * (1024 * 1024) + b"}"])
def test_a_cached_key_set_is_used_while_its_issuer_fails(published: Issuer, body: bytes) -> None:
    """Without a cached set the sender is told to send again, and is not refused."""
    clock = ManualClock(NOW)
    keys = HttpKeySets(clock)
    assert keys.find_key(published.url, "key-1")
    clock.advance(timedelta(hours=2))
    published.body = body
    assert keys.find_key(published.url, "key-1")
    assert published.requests == 2
    fresh = HttpKeySets(clock)
    for _ in range(2):
        with pytest.raises(SenderCheckUnavailableError, match="send again"):
            fresh.find_key(published.url, "key-1")
    assert published.requests == 3


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_redirect_is_not_followed_and_an_error_is_no_key_set(published: Issuer, status: int) -> None:
    """Keys come only from the address that the operator configured."""
    published.status = status
    with pytest.raises(SenderCheckUnavailableError):
        HttpKeySets(ManualClock(NOW)).find_key(published.url, "key-1")
    assert published.requests == 1


def test_keys_without_an_id_are_ignored(published: Issuer) -> None:
    """One malformed key does not invalidate the others."""
    published.body = json.dumps({"keys": ["odd", {"kty": "RSA"}, public_jwk("key-1")]}).encode()
    assert HttpKeySets(ManualClock(NOW)).find_key(published.url, "key-1") == public_jwk("key-1")


def test_the_algorithms_are_those_of_public_keys() -> None:
    """No algorithm lets a public key pass for a shared secret."""
    assert all(name[:2] in ("RS", "ES") for name in openid.ALGORITHMS)
