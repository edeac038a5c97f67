"""Every scheme on every side: genuine, altered in any byte, by another secret, too old, too new, and badly written."""

import inspect
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.signatures.signers import (
    COVERING,
    HEADED,
    NOW,
    SECRET,
    SIGNED,
    TIMED,
    USER,
    Keys,
    Signed,
    basic,
    hubspot,
    mailgun,
    sendgrid,
    standard,
    with_header,
)

from brain.domain.senders.signatures import signed_request
from brain.domain.senders.signatures.registry import SCHEMES, verify
from brain.domain.senders.signatures.signed_request import Proof, Refused, SignedRequest, Trust
from brain.errors import MisconfiguredError

TOLERANCE = timedelta(minutes=5)
SECOND = timedelta(seconds=1)


def name(one: Signed) -> str:
    """What a scheme is called in the list of tests."""
    return one.scheme


def answer(one: Signed, request: SignedRequest, *secrets: str) -> Proof | Refused:
    """What the scheme says of a request, by the right secret unless others are given."""
    return verify(one.scheme, request, Trust(secrets or (one.secret,)), NOW, TOLERANCE)


def flipped(raw: bytes, place: int, by: int) -> bytes:
    """The same bytes with one of them changed."""
    at = place % len(raw)
    return raw[:at] + bytes([raw[at] ^ by]) + raw[at + 1 :]


@pytest.mark.parametrize("one", SIGNED, ids=name)
def test_a_genuine_request_is_proven(one: Signed) -> None:
    """With its signed time where the scheme has one."""
    request = one.sign(one.secret)
    assert SCHEMES[one.scheme].claims(request)
    proof = answer(one, request)
    assert isinstance(proof, Proof), proof
    assert proof.signed_at == (NOW if one.timed else None)
    assert bool(proof.delivery) is bool(one.timed)


@pytest.mark.parametrize("one", COVERING, ids=name)
@given(place=st.integers(0, 10**6), by=st.integers(1, 255))
def test_any_byte_of_the_body_counts(one: Signed, place: int, by: int) -> None:
    """One changed byte is another request."""
    request = one.sign(one.secret)
    assert isinstance(answer(one, replace(request, body=flipped(request.body, place, by))), Refused)


@pytest.mark.parametrize("one", HEADED, ids=name)
@given(place=st.integers(0, 10**6), by=st.integers(1, 127))
def test_any_character_of_the_signature_counts(one: Signed, place: int, by: int) -> None:
    """What still reads as the very same signature is the only exception."""
    request = one.sign(one.secret)
    given_text = request.header(one.header)
    changed = flipped(given_text.encode(), place, by).decode("latin-1")
    same = changed.lower() == given_text.lower() and one.header in ("x-hub-signature-256", "x-li-signature")
    same_scheme = one.scheme == "basic" and changed.lower().startswith("basic ") and changed[6:] == given_text[6:]
    found = answer(one, with_header(request, one.header, changed))
    assert isinstance(found, Refused) or same or same_scheme or _same_bits(given_text, changed)


def _same_bits(first: str, second: str) -> bool:
    """Whether two texts differ only in the last bits of base64, which stand for nothing, or in white space."""
    ours = signed_request.from_base64
    one, other = (
        text.strip().rpartition(",")[2].rpartition(" ")[2].removeprefix("sha256=") for text in (first, second)
    )
    return bool(ours(one)) and ours(one) == ours(other)


@pytest.mark.parametrize("one", [one for one in TIMED if one.header], ids=name)
@given(place=st.integers(0, 10**6), digit=st.characters(min_codepoint=33, max_codepoint=126))
def test_any_character_of_the_time_counts(one: Signed, place: int, digit: str) -> None:
    """The time is part of what is signed."""
    request = one.sign(one.secret)
    assert one.timed
    text = request.header(one.timed)
    at = place % len(text)
    changed = text[:at] + digit + text[at + 1 :]
    found = answer(one, with_header(request, one.timed, changed))
    assert isinstance(found, Refused) or changed == text


@pytest.mark.parametrize("one", SIGNED, ids=name)
def test_another_clients_secret_proves_nothing(one: Signed) -> None:
    """Neither does none at all."""
    assert isinstance(answer(one, one.sign(one.wrong)), Refused)
    assert isinstance(verify(one.scheme, one.sign(one.secret), Trust(()), NOW, TOLERANCE), Refused)


@pytest.mark.parametrize("one", SIGNED, ids=name)
def test_two_secrets_are_valid_at_once_while_one_replaces_the_other(one: Signed) -> None:
    """Old and new both prove, in either order; the old one does not once it is gone."""
    old, new = one.sign(one.secret), one.sign(one.wrong)
    both = (one.wrong, one.secret)
    assert isinstance(answer(one, old, *both), Proof)
    assert isinstance(answer(one, new, *both), Proof)
    assert isinstance(answer(one, new, *reversed(both)), Proof)
    assert isinstance(answer(one, old, one.wrong), Refused)


@pytest.mark.parametrize("one", TIMED, ids=name)
@pytest.mark.parametrize("side", [-1, 1], ids=["old", "new"])
def test_a_signed_time_may_be_five_minutes_off_and_no_second_more(one: Signed, side: int) -> None:
    """Either way, since clocks differ."""
    assert isinstance(answer(one, one.sign(one.secret, at=NOW + side * TOLERANCE)), Proof)
    assert isinstance(answer(one, one.sign(one.secret, at=NOW + side * (TOLERANCE + SECOND))), Refused)


@pytest.mark.parametrize("one", HEADED, ids=name)
@pytest.mark.parametrize(
    "text", ["", " ", "sha256=", "v1,", "v1", ",,,", "Basic ", "====", "%%%", "ä", "\x00", "A" * 100_000, "sha256=zz"]
)
def test_what_is_no_signature_is_refused_and_breaks_nothing(one: Signed, text: str) -> None:
    """Empty, malformed, endless."""
    assert isinstance(answer(one, with_header(one.sign(one.secret), one.header, text)), Refused)


@pytest.mark.parametrize("one", [one for one in TIMED if one.header], ids=name)
@pytest.mark.parametrize("text", [None, "", "now", "-1", "1e9", "٣", "9" * 16, "9" * 17, "1795348800.0"])
def test_what_is_no_time_is_refused(one: Signed, text: str | None) -> None:
    """Missing, words, other digits, beyond all calendars."""
    assert one.timed
    assert isinstance(answer(one, with_header(one.sign(one.secret), one.timed, text)), Refused)


@pytest.mark.parametrize("one", HEADED, ids=name)
def test_a_request_without_the_header_does_not_claim_to_be_signed(one: Signed) -> None:
    """So that another scheme may be tried."""
    assert not SCHEMES[one.scheme].claims(with_header(one.sign(one.secret), one.header, None))


def test_hubspot_signs_the_address_with_some_characters_written_plainly() -> None:
    """Whatever the request line had."""
    plain = "https://brain.example/v1/clients/acme/events/crm_hubspot?to=a@b.example,c&when=1:2"
    encoded = plain.replace("@", "%40").replace(",", "%2c").replace("=1:", "=1%3A")
    request = replace(hubspot(url=plain), urls=("http://inside/x", encoded))
    assert isinstance(verify("hubspot_v3", request, Trust((SECRET,)), NOW, TOLERANCE), Proof)
    assert isinstance(
        verify("hubspot_v3", replace(request, urls=("http://inside/x",)), Trust((SECRET,)), NOW, TOLERANCE), Refused
    )


def test_sendgrid_may_sign_by_ed25519_and_keys_may_be_pem() -> None:
    """Whatever the key is, as long as it is one of the two kinds."""
    edwards, curve = Keys.ed25519(), Keys.ecdsa()
    for keys, secret in ((edwards, edwards.public), (edwards, edwards.pem().strip()), (curve, curve.pem().strip())):
        assert isinstance(verify("sendgrid", sendgrid(keys=keys), Trust((secret,)), NOW, TOLERANCE), Proof)
    assert isinstance(verify("sendgrid", sendgrid(keys=curve), Trust((edwards.public,)), NOW, TOLERANCE), Refused)


@pytest.mark.parametrize("secret", ["no key", "QUJD", "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key_is_the_operators_fault_and_is_not_shown(secret: str) -> None:
    """Told as a misconfiguration, without the text."""
    with pytest.raises(MisconfiguredError) as told:
        verify("sendgrid", sendgrid(), Trust((secret,)), NOW, TOLERANCE)
    assert secret not in str(told.value)


def test_a_public_key_of_another_kind_is_refused_as_a_secret() -> None:
    """RSA and other curves are not what SendGrid signs with."""
    from cryptography.hazmat.primitives import serialization  # noqa: PLC0415 - of this test alone
    from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415

    form = serialization.PublicFormat.SubjectPublicKeyInfo
    other = ec.derive_private_key(7, ec.SECP384R1()).public_key().public_bytes(serialization.Encoding.PEM, form)
    with pytest.raises(MisconfiguredError, match="P-256"):
        verify("sendgrid", sendgrid(), Trust((other.decode().strip(),)), NOW, TOLERANCE)


def test_one_of_several_signatures_is_enough_for_standard_webhooks() -> None:
    """A sender that rotates signs by both secrets; unknown versions are passed over."""
    request = standard()
    several = f"v9,AAAA v1,{'A' * 43}= {request.header('webhook-signature')}"
    trust = Trust((SECRET,))
    assert isinstance(
        verify("standard_webhooks", with_header(request, "webhook-signature", several), trust, NOW, TOLERANCE), Proof
    )
    many = " ".join(["v1,AAAA"] * 16) + " " + request.header("webhook-signature")
    assert isinstance(
        verify("standard_webhooks", with_header(request, "webhook-signature", many), trust, NOW, TOLERANCE), Refused
    )


def test_standard_webhooks_may_be_signed_by_the_senders_own_key() -> None:
    """Version v1a, Ed25519."""
    keys, wrong = Keys.ed25519(), Keys.ed25519(9)
    request = standard()
    message = f"msg_1.{int(NOW.timestamp())}.".encode() + request.body
    own = with_header(
        request, "webhook-signature", "v1a," + signed_request.base64.b64encode(keys.sign(message)).decode()
    )
    assert isinstance(verify("standard_webhooks", own, Trust((wrong.raw(), keys.raw())), NOW, TOLERANCE), Proof)
    for secret in (wrong.raw(), "whpk_AAAA", SECRET):
        assert isinstance(verify("standard_webhooks", own, Trust((secret,)), NOW, TOLERANCE), Refused)


@pytest.mark.parametrize("identifier", [None, "", "a.b", "a b", "x" * 257, "ä"])
def test_an_id_that_could_pass_for_a_time_is_refused(identifier: str | None) -> None:
    """No dots, since they part what is signed."""
    request = with_header(standard(), "webhook-id", identifier)
    assert isinstance(verify("standard_webhooks", request, Trust((SECRET,)), NOW, TOLERANCE), Refused)


def test_a_digit_moved_from_the_body_to_the_time_is_no_other_delivery() -> None:
    """What is signed is the same text, so it is the same delivery, or refused for its time."""
    request = mailgun(token="7" * 50)
    moved = request.body.replace(b'"timestamp": "', b'"timestamp": "').replace(b'"token": "7', b'"token": "')
    moved = moved.replace(b'00", "token"', b'007", "token"')
    assert isinstance(verify("mailgun", replace(request, body=moved), Trust((SECRET,)), NOW, TOLERANCE), Refused)


@given(
    field=st.sampled_from(["timestamp", "token", "signature"]),
    place=st.integers(0, 10**6),
    character=st.sampled_from("0123456789abcdefg "),
)
def test_any_character_of_mailguns_part_counts(field: str, place: int, character: str) -> None:
    """Time, token and signature; large and small hexadecimal digits are the same digits."""
    request = mailgun()
    whole = json.loads(request.body)
    text = whole["signature"][field]
    at = place % len(text)
    whole["signature"][field] = text[:at] + character + text[at + 1 :]
    found = verify("mailgun", replace(request, body=json.dumps(whole).encode()), Trust((SECRET,)), NOW, TOLERANCE)
    assert isinstance(found, Refused) or whole["signature"][field] == text


def test_mailgun_signs_forms_and_subaccounts_too() -> None:
    """The older posts, and the signature of the account above."""
    request = mailgun()
    trust = Trust((SECRET,))
    part = signed_request.hmac_sha256(SECRET.encode(), f"{int(NOW.timestamp())}tok".encode()).hex()
    form = f"event=opened&timestamp={int(NOW.timestamp())}&token=tok&signature={part}".encode()
    as_form = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
    assert isinstance(verify("mailgun", replace(request, headers=as_form, body=form), trust, NOW, TOLERANCE), Proof)
    parent = request.body.replace(b'"signature": "', b'"signature": "00", "parent-signature": "')
    assert isinstance(verify("mailgun", replace(request, body=parent), trust, NOW, TOLERANCE), Proof)


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
    """Read within bounds, before anyone is known."""
    assert isinstance(verify("mailgun", replace(mailgun(), body=body), Trust((SECRET,)), NOW, TOLERANCE), Refused)


def test_a_form_that_cannot_be_read_has_no_signature() -> None:
    """Neither other bytes nor endless fields."""
    headers = {"content-type": "application/x-www-form-urlencoded"}
    for body in (b"signature=\xff", b"signature=1&" + b"a=1&" * 2000):
        request = replace(mailgun(), headers=headers, body=body)
        assert isinstance(verify("mailgun", request, Trust((SECRET,)), NOW, TOLERANCE), Refused)


def test_a_user_with_other_letters_is_known_by_its_bytes() -> None:
    """Passwords may have any letters."""
    assert isinstance(verify("basic", basic("gül:geheim"), Trust((USER, "gül:geheim")), NOW, TOLERANCE), Proof)


def test_secrets_are_compared_in_constant_time_and_never_shown() -> None:
    """By the standard library's own comparison, in one place; what holds them does not print them."""
    assert "hmac.compare_digest" in inspect.getsource(signed_request.equals_any)
    shown = repr(Trust((SECRET,))) + repr(hubspot())
    assert SECRET not in shown
    assert hubspot().header("x-hubspot-signature-v3") not in shown
