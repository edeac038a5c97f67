"""Senders' secrets: their names and their formats."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from brain.domain.senders.signatures.sender_secrets import build_secret_name, parse_secret_values
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
    """Other characters than lower-case letters and digits are written as hexadecimal codes."""
    assert build_secret_name(client, provider) == name


@given(st.tuples(CLIENTS, PROVIDERS), st.tuples(CLIENTS, PROVIDERS))
def test_two_clients_never_share_a_name(first: tuple[str, str], second: tuple[str, str]) -> None:
    """Nor do two providers of one client, even where case is ignored."""
    assert (build_secret_name(*first) == build_secret_name(*second)) == (first == second)


@given(CLIENTS, PROVIDERS)
def test_every_name_is_valid_for_a_secret_and_a_variable(client: str, provider: str) -> None:
    """Capitals, digits and underscores, at most 255 characters."""
    name = build_secret_name(client * 5, provider)
    assert re.fullmatch(r"[A-Z][A-Z0-9_]{0,254}", name)


PEM = "-----BEGIN PUBLIC KEY-----\nAAAA\nBBBB\n-----END PUBLIC KEY-----"


@pytest.mark.parametrize(
    ("text", "secrets"),
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
def test_several_values_may_be_valid_at_once(text: str, secrets: tuple[str, ...]) -> None:
    """One per line, or a JSON list."""
    assert parse_secret_values(text, "NAME") == secrets


@pytest.mark.parametrize("text", ["[secret", '{"secret": ', "[1]", '[["secret"]]'])
def test_an_unreadable_secret_is_named_and_not_shown(text: str) -> None:
    """Neither the error nor its cause quotes the secret."""
    with pytest.raises(MisconfiguredError, match="NAME") as raised:
        parse_secret_values(text, "NAME")
    assert "secret" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_the_config_loads_and_says_which_provider_signs_for_which_feed() -> None:
    """A provider signs for its own feeds; Standard Webhooks for any."""
    config = load_config("brain_senders", SendersConfig)
    assert config.tolerance_seconds == 300
    signs = {name: provider.may_sign_for("email") for name, provider in config.providers.items()}
    assert {name for name, may_sign in signs.items() if may_sign} == {
        "sendgrid", "mailgun", "mandrill", "mailchimp", "postmark", "sparkpost", "amazon_sns", "standard_webhooks",
    }  # fmt: skip
    assert not any(provider.may_sign_for("nothing") for provider in config.providers.values())


@pytest.mark.parametrize(
    "provider",
    [
        {"scheme": "rot13", "sources": "all", "secret": "s"},
        {"scheme": "meta", "sources": ["nothing"], "secret": "s"},
        {"scheme": "openid", "sources": "all", "secret": "s", "keys_url": "http://keys.example/"},
    ],
)
def test_an_invalid_provider_is_refused(provider: dict[str, object]) -> None:
    """Unknown schemes and feeds, and key sets without TLS."""
    with pytest.raises(ValueError, match="providers"):
        SendersConfig.model_validate(
            {"tolerance_seconds": 300, "path_prefixes": [], "providers": {"example": provider}}
        )
