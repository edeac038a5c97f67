"""Every scheme against requests that are genuine, altered in any byte, wrongly signed, expired or malformed."""

import inspect
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.signatures.signers import (
    BODY_CASES,
    HEADER_CASES,
    NOW,
    SCHEME_CASES,
    SECRET,
    TIMED_CASES,
    USER,
    Keys,
    SchemeCase,
    basic,
    hubspot,
    mailgun,
    sendgrid,
    standard,
    with_header,
)

from brain.domain.senders.signatures import signed_request
from brain.domain.senders.signatures.registry import SCHEMES, verify
from brain.domain.senders.signatures.signed_request import Proof, Refusal, SenderCredentials, SignedRequest
from brain.errors import MisconfiguredError

TOLERANCE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def scheme_name(case: SchemeCase) -> str:
    """Return the test id of a case."""
    return case.scheme


def verify_case(case: SchemeCase, request: SignedRequest, *secrets: str) -> Proof | Refusal:
    """Verify a request by the case's scheme, with the right secret unless others are given."""
    return verify_with(case.scheme, request, *(secrets or (case.secret,)))


def verify_with(scheme: str, request: SignedRequest, *secrets: str) -> Proof | Refusal:
    """Verify a request by a scheme now."""
    return verify(scheme, request, SenderCredentials(secrets), NOW, TOLERANCE)


def flip_byte(raw: bytes, position: int, mask: int) -> bytes:
    """Return the bytes with one of them changed."""
    index = position % len(raw)
    return raw[:index] + bytes([raw[index] ^ mask]) + raw[index + 1 :]


@pytest.mark.parametrize("case", SCHEME_CASES, ids=scheme_name)
def test_a_genuine_request_is_proven(case: SchemeCase) -> None:
    """With its signed time where the scheme has one."""
    request = case.sign(case.secret)
    assert SCHEMES[case.scheme].applies_to(request)
    proof = verify_case(case, request)
    assert isinstance(proof, Proof), proof
    assert proof.signed_at == (NOW if case.time_source else None)
    assert bool(proof.delivery_id) is bool(case.time_source)


@pytest.mark.parametrize("case", BODY_CASES, ids=scheme_name)
@given(position=st.integers(0, 10**6), mask=st.integers(1, 255))
def test_any_byte_of_the_body_counts(case: SchemeCase, position: int, mask: int) -> None:
    """One changed byte is another request."""
    request = case.sign(case.secret)
    assert isinstance(verify_case(case, replace(request, body=flip_byte(request.body, position, mask))), Refusal)


@pytest.mark.parametrize("case", HEADER_CASES, ids=scheme_name)
@given(position=st.integers(0, 10**6), mask=st.integers(1, 127))
def test_any_character_of_the_signature_counts(case: SchemeCase, position: int, mask: int) -> None:
    """What still reads as the very same signature is the only exception."""
    request = case.sign(case.secret)
    genuine = request.header(case.header)
    changed = flip_byte(genuine.encode(), position, mask).decode("latin-1")
    same_hex = changed.lower() == genuine.lower() and case.header in ("x-hub-signature-256", "x-li-signature")
    same_credentials = case.scheme == "basic" and changed.lower().startswith("basic ") and changed[6:] == genuine[6:]
    verdict = verify_case(case, with_header(request, case.header, changed))
    assert isinstance(verdict, Refusal) or same_hex or same_credentials or _same_bits(genuine, changed)


def _same_bits(first: str, second: str) -> bool:
    """Return whether two texts differ only in the unused last bits of base64, or in white space."""
    first_signature, second_signature = (
        text.strip().rpartition(",")[2].rpartition(" ")[2].removeprefix("sha256=") for text in (first, second)
    )
    first_bytes, second_bytes = (signed_request.decode_base64(text) for text in (first_signature, second_signature))
    return bool(first_bytes) and first_bytes == second_bytes


@pytest.mark.parametrize("case", [case for case in TIMED_CASES if case.header], ids=scheme_name)
@given(position=st.integers(0, 10**6), digit=st.characters(min_codepoint=33, max_codepoint=126))
def test_any_character_of_the_time_counts(case: SchemeCase, position: int, digit: str) -> None:
    """The time is part of what is signed."""
    request = case.sign(case.secret)
    assert case.time_source
    text = request.header(case.time_source)
    index = position % len(text)
    changed = text[:index] + digit + text[index + 1 :]
    verdict = verify_case(case, with_header(request, case.time_source, changed))
    assert isinstance(verdict, Refusal) or changed == text


@pytest.mark.parametrize("case", SCHEME_CASES, ids=scheme_name)
def test_another_clients_secret_proves_nothing(case: SchemeCase) -> None:
    """An empty list of secrets proves nothing either."""
    assert isinstance(verify_case(case, case.sign(case.wrong_secret)), Refusal)
    assert isinstance(verify_with(case.scheme, case.sign(case.secret)), Refusal)


@pytest.mark.parametrize("case", SCHEME_CASES, ids=scheme_name)
def test_two_secrets_are_valid_at_once_while_one_replaces_the_other(case: SchemeCase) -> None:
    """Old and new both prove, in either order; the old one does not once it is gone."""
    old, new = case.sign(case.secret), case.sign(case.wrong_secret)
    both = (case.wrong_secret, case.secret)
    assert isinstance(verify_case(case, old, *both), Proof)
    assert isinstance(verify_case(case, new, *both), Proof)
    assert isinstance(verify_case(case, new, *reversed(both)), Proof)
    assert isinstance(verify_case(case, old, case.wrong_secret), Refusal)


@pytest.mark.parametrize("case", TIMED_CASES, ids=scheme_name)
@pytest.mark.parametrize("side", [-1, 1], ids=["old", "new"])
def test_a_signed_time_may_be_five_minutes_off_and_no_second_more(case: SchemeCase, side: int) -> None:
    """In either direction, because clocks differ."""
    assert isinstance(verify_case(case, case.sign(case.secret, signed_at=NOW + side * TOLERANCE)), Proof)
    assert isinstance(verify_case(case, case.sign(case.secret, signed_at=NOW + side * (TOLERANCE + SECOND))), Refusal)


@pytest.mark.parametrize("case", HEADER_CASES, ids=scheme_name)
@pytest.mark.parametrize(
    "text", ["", " ", "sha256=", "v1,", "v1", ",,,", "Basic ", "====", "%%%", "ä", "\x00", "A" * 100_000, "sha256=zz"]
)
def test_a_malformed_signature_is_refused(case: SchemeCase, text: str) -> None:
    """Empty, malformed and very long header texts raise nothing."""
    assert isinstance(verify_case(case, with_header(case.sign(case.secret), case.header, text)), Refusal)


@pytest.mark.parametrize("case", [case for case in TIMED_CASES if case.header], ids=scheme_name)
@pytest.mark.parametrize("text", [None, "", "now", "-1", "1e9", "٣", "9" * 16, "9" * 17, "1795348800.0"])
def test_a_malformed_time_is_refused(case: SchemeCase, text: str | None) -> None:
    """Missing, words, other digits, and numbers beyond the calendar."""
    assert case.time_source
    assert isinstance(verify_case(case, with_header(case.sign(case.secret), case.time_source, text)), Refusal)


@pytest.mark.parametrize("case", HEADER_CASES, ids=scheme_name)
def test_a_scheme_does_not_apply_without_its_header(case: SchemeCase) -> None:
    """So that other schemes are tried."""
    assert not SCHEMES[case.scheme].applies_to(with_header(case.sign(case.secret), case.header, None))


def test_hubspot_signs_the_url_with_some_characters_unescaped() -> None:
    """Whatever the request line contained."""
    plain = "https://brain.example/v1/clients/acme/events/crm_hubspot?to=a@b.example,c&when=1:2"
    encoded = plain.replace("@", "%40").replace(",", "%2c").replace("=1:", "=1%3A")
    request = replace(hubspot(url=plain), urls=("http://inside/x", encoded))
    assert isinstance(verify_with("hubspot", request, SECRET), Proof)
    assert isinstance(
        verify_with("hubspot", replace(request, urls=("http://inside/x",)), SECRET),
        Refusal,
    )


def test_sendgrid_may_sign_by_ed25519_and_keys_may_be_pem() -> None:
    """Both kinds of key, as PEM and as base64 DER."""
    ed25519, ecdsa = Keys.ed25519(), Keys.ecdsa()
    for keys, secret in ((ed25519, ed25519.public), (ed25519, ed25519.pem().strip()), (ecdsa, ecdsa.pem().strip())):
        assert isinstance(verify_with("sendgrid", sendgrid(keys=keys), secret), Proof)
    assert isinstance(verify_with("sendgrid", sendgrid(keys=ecdsa), ed25519.public), Refusal)


@pytest.mark.parametrize("secret", ["no key", "QUJD", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"])
def test_a_malformed_public_key_is_a_misconfiguration_that_does_not_show_it(secret: str) -> None:
    """The error never quotes the secret."""
    with pytest.raises(MisconfiguredError) as raised:
        verify_with("sendgrid", sendgrid(), secret)
    assert secret not in str(raised.value)


def test_a_public_key_of_another_kind_is_refused_as_a_secret() -> None:
    """RSA and other curves are not what SendGrid signs with."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - of this test alone
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    encoding = serialization.PublicFormat.SubjectPublicKeyInfo
    pem = ec.derive_private_key(7, ec.SECP384R1()).public_key().public_bytes(serialization.Encoding.PEM, encoding)
    with pytest.raises(MisconfiguredError, match="P-256"):
        verify_with("sendgrid", sendgrid(), pem.decode().strip())


def test_one_of_several_signatures_is_enough_for_standard_webhooks() -> None:
    """A sender that rotates signs by both secrets; unknown versions are ignored."""
    request = standard()
    several = f"v9,AAAA v1,{'A' * 43}= {request.header('webhook-signature')}"
    assert isinstance(
        verify_with("standard_webhooks", with_header(request, "webhook-signature", several), SECRET), Proof
    )
    many = " ".join(["v1,AAAA"] * 16) + " " + request.header("webhook-signature")
    assert isinstance(
        verify_with("standard_webhooks", with_header(request, "webhook-signature", many), SECRET), Refusal
    )


def test_standard_webhooks_may_be_signed_by_the_senders_own_key() -> None:
    """Version v1a, which is Ed25519."""
    keys, wrong = Keys.ed25519(), Keys.ed25519(9)
    request = standard()
    message = f"msg_1.{int(NOW.timestamp())}.".encode() + request.body
    signed = with_header(
        request, "webhook-signature", "v1a," + signed_request.base64.b64encode(keys.sign(message)).decode()
    )
    assert isinstance(verify_with("standard_webhooks", signed, wrong.raw(), keys.raw()), Proof)
    for secret in (wrong.raw(), "whpk_AAAA", SECRET):
        assert isinstance(verify_with("standard_webhooks", signed, secret), Refusal)


@pytest.mark.parametrize("message_id", [None, "", "a.b", "a b", "x" * 257, "ä"])
def test_an_id_that_could_pass_for_a_time_is_refused(message_id: str | None) -> None:
    """Dots separate the signed parts, so an id must not contain one."""
    request = with_header(standard(), "webhook-id", message_id)
    assert isinstance(verify_with("standard_webhooks", request, SECRET), Refusal)


def test_a_digit_moved_from_the_body_to_the_time_is_no_other_delivery() -> None:
    """What is signed is the same text, so it is the same delivery, or refused for its time."""
    request = mailgun(token="7" * 50)
    moved = request.body.replace(b'"timestamp": "', b'"timestamp": "').replace(b'"token": "7', b'"token": "')
    moved = moved.replace(b'00", "token"', b'007", "token"')
    assert isinstance(verify_with("mailgun", replace(request, body=moved), SECRET), Refusal)


@given(
    field=st.sampled_from(["timestamp", "token", "signature"]),
    position=st.integers(0, 10**6),
    character=st.sampled_from("0123456789abcdefg "),
)
def test_any_character_of_mailguns_signature_fields_counts(field: str, position: int, character: str) -> None:
    """Time, token and signature; large and small hexadecimal digits are the same digits."""
    request = mailgun()
    payload = json.loads(request.body)
    text = payload["signature"][field]
    index = position % len(text)
    payload["signature"][field] = text[:index] + character + text[index + 1 :]
    verdict = verify_with("mailgun", replace(request, body=json.dumps(payload).encode()), SECRET)
    assert isinstance(verdict, Refusal) or payload["signature"][field] == text


def test_mailgun_signs_forms_and_subaccounts_too() -> None:
    """The legacy form posts, and the signature of the parent account."""
    request = mailgun()
    signature = signed_request.compute_hmac_sha256(SECRET.encode(), f"{int(NOW.timestamp())}tok".encode()).hex()
    form_body = f"event=opened&timestamp={int(NOW.timestamp())}&token=tok&signature={signature}".encode()
    form_headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert isinstance(verify_with("mailgun", replace(request, headers=form_headers, body=form_body), SECRET), Proof)
    parent = request.body.replace(b'"signature": "', b'"signature": "00", "parent-signature": "')
    assert isinstance(verify_with("mailgun", replace(request, body=parent), SECRET), Proof)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b'{"signature": 1}',
        b'{"signature": {"timestamp": "1", "token": 5}}',
        b'{"signature": {"timestamp": 1795348800, "token": ""}}',
        b'{"signature": "aa", "timestamp": "1795348800", "token": "x"}',
        b'"signature"',
        b" " * (1024 * 1024) + b'{"signature": {}}',
    ],
)
def test_a_body_without_mailguns_signature_is_refused(body: bytes) -> None:
    """The body is parsed within bounds, before the sender is authenticated."""
    assert isinstance(verify_with("mailgun", replace(mailgun(), body=body), SECRET), Refusal)


def test_a_form_that_cannot_be_read_has_no_signature() -> None:
    """Neither invalid UTF-8 nor too many fields."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"signature=\xff", b"signature=1&" + b"a=1&" * 2000):
        request = replace(mailgun(), headers=headers, body=body)
        assert isinstance(verify_with("mailgun", request, SECRET), Refusal)


def test_a_user_with_non_ascii_letters_is_accepted() -> None:
    """Credentials are compared as UTF-8 bytes."""
    assert isinstance(verify_with("basic", basic("gül:geheim"), USER, "gül:geheim"), Proof)


def test_secrets_are_compared_in_constant_time_and_never_shown() -> None:
    """Comparison is the standard library's, in one place, and no ``repr`` shows a secret."""
    assert "hmac.compare_digest" in inspect.getsource(signed_request.matches_any)
    printed = repr(SenderCredentials((SECRET,))) + repr(hubspot())
    assert SECRET not in printed
    assert hubspot().header("x-hubspot-signature-v3") not in printed
