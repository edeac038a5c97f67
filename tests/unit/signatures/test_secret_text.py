"""How senders' secrets are named and written."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.senders.signatures.secret_text import secret_name, secret_values
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.errors import MisconfiguredError
from brain.settings.files import load_config

CLIENTS = st.text("abzAZ0259_-", min_size=1, max_size=12)
PROVIDERS = st.sampled_from(["x", "meta", "meta_verify", "standard_webhooks", "google"])


@pytest.mark.parametrize(
    ("client", "provider", "name"),
    [
        ("acme", "hubspot", "BRAIN_SENDER_ACME_HUBSPOT"),
        ("my-shop", "meta", "BRAIN_SENDER_MY_2DSHOP_META"),
        ("my_shop", "meta", "BRAIN_SENDER_MY_5FSHOP_META"),
        ("Acme", "meta_verify", "BRAIN_SENDER__41CME_META_VERIFY"),
        ("acme_x", "x", "BRAIN_SENDER_ACME_5FX_X"),
    ],
)
def test_a_plain_client_has_a_plain_name(client: str, provider: str, name: str) -> None:
    """What is no small letter and no digit is written by its number."""
    assert secret_name(client, provider) == name


@given(st.tuples(CLIENTS, PROVIDERS), st.tuples(CLIENTS, PROVIDERS))
def test_two_clients_never_share_a_name(one: tuple[str, str], other: tuple[str, str]) -> None:
    """Nor two providers of one client, even where letters count alike in large and small."""
    assert (secret_name(*one) == secret_name(*other)) == (one == other)


@given(CLIENTS, PROVIDERS)
def test_every_name_can_be_a_secrets_and_a_variables(client: str, provider: str) -> None:
    """Capitals, digits and underscores, at most 255."""
    name = secret_name(client * 5, provider)
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}", name)


PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\nBBBB\n-----END PUBLIC KEY-----"


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("one", ("one",)),
        ("new\nold\n", ("new", "old")),
        (" new \r\n\r\n old ", ("new", "old")),
        ('["new", "old"]', ("new", "old")),
        ('["new", "", " "]', ("new",)),
        ("", ()),
        ("[]", ()),
        (PEM, (PEM,)),
        (f"{PEM}\n{PEM}\n", (PEM, PEM)),
        ('{"audience": "a"}', (json.dumps({"audience": "a"}),)),
        ('[{"audience": "a"}, "b"]', (json.dumps({"audience": "a"}), "b")),
    ],
)
def test_several_values_may_be_valid_at_once(text: str, values: tuple[str, ...]) -> None:
    """One a line, or a JSON list."""
    assert secret_values(text, "NAME") == values


@pytest.mark.parametrize("text", ["[secret", '{"secret": ', "[1]", '[["secret"]]'])
def test_what_is_neither_is_told_without_the_secret(text: str) -> None:
    """By its name alone, not even in the cause of the error."""
    with pytest.raises(MisconfiguredError, match="NAME") as told:
        secret_values(text, "NAME")
    assert "secret" not in str(told.value)
    assert told.value.__cause__ is None


def test_the_table_of_providers_loads_and_says_who_signs_for_what() -> None:
    """A provider signs for its own feeds; Standard Webhooks for any."""
    table = load_config("brain_senders", SendersConfig)
    assert table.tolerance_seconds == 300
    signs = {name: provider.may_sign_for("email") for name, provider in table.providers.items()}
    assert {name for name, may in signs.items() if may} == {
        "sendgrid", "mailgun", "postmark", "sparkpost", "amazon_sns", "standard_webhooks",
    }  # fmt: skip
    assert not any(provider.may_sign_for("nothing") for provider in table.providers.values())


@pytest.mark.parametrize(
    "row",
    [
        {"scheme": "rot13", "sources": "all", "secret": "s"},
        {"scheme": "meta", "sources": ["nothing"], "secret": "s"},
        {"scheme": "openid", "sources": "all", "secret": "s", "keys_url": "http://keys.example/"},
    ],
)
def test_a_wrong_row_is_refused(row: dict[str, object]) -> None:
    """Unknown schemes and sources, and keys without TLS."""
    with pytest.raises(ValueError, match="providers"):
        SendersConfig.model_validate({"tolerance_seconds": 300, "path_prefixes": [], "providers": {"one": row}})
