"""Secrets through the real client: read, remembered, rotated, and loud when they are missing."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import grpc
import pytest
from adapters.loopback import grpc_server
from google.cloud import secretmanager_v1
from google.cloud.secretmanager_v1 import SecretManagerServiceClient
from google.cloud.secretmanager_v1.services.secret_manager_service.transports import SecretManagerServiceGrpcTransport
from google.cloud.secretmanager_v1.types import AccessSecretVersionRequest, AccessSecretVersionResponse

from brain.adapters.environment import EnvironmentSecrets
from brain.adapters.secret_manager import SecretManagerSecrets
from brain.bootstrap.adapters import open_secrets
from brain.errors import MissingSecretError
from brain.settings.environment import read_settings
from brain.testing.manual_clock import ManualClock


class Vault:
    """What the loopback server holds, and what it answers instead when it is told to fail."""

    def __init__(self) -> None:
        self.secrets = {"BRAIN_HASH_SALT": "first"}
        self.failure: grpc.StatusCode | None = None
        self.calls = 0

    def access(self, request: AccessSecretVersionRequest, context: grpc.ServicerContext) -> Any:
        """Answer as Secret Manager does."""
        self.calls += 1
        name = request.name.split("/")[3]
        if self.failure:
            context.abort(self.failure, "told to fail")
        if name not in self.secrets:
            context.abort(grpc.StatusCode.NOT_FOUND, "no such secret")
        return AccessSecretVersionResponse(name=request.name, payload={"data": self.secrets[name].encode()})


@pytest.fixture
def vault() -> Vault:
    """One secret in a fresh vault."""
    return Vault()


@pytest.fixture
def secrets(vault: Vault, clock: ManualClock) -> Iterator[SecretManagerSecrets]:
    """The adapter on the real client over the loopback."""
    methods = {"AccessSecretVersion": (vault.access, AccessSecretVersionRequest)}
    with grpc_server("google.cloud.secretmanager.v1.SecretManagerService", methods) as channel:
        client = SecretManagerServiceClient(transport=SecretManagerServiceGrpcTransport(channel=channel))
        yield SecretManagerSecrets("demo-project", clock, client)


def test_a_secret_is_read_once_and_remembered(secrets: SecretManagerSecrets, vault: Vault) -> None:
    """Not on every request."""
    assert [secrets.read("BRAIN_HASH_SALT") for _ in range(5)] == ["first"] * 5
    assert vault.calls == 1


def test_a_rotation_needs_no_redeploy(secrets: SecretManagerSecrets, vault: Vault, clock: ManualClock) -> None:
    """The new version is read within five minutes."""
    secrets.read("BRAIN_HASH_SALT")
    vault.secrets["BRAIN_HASH_SALT"] = "second"
    clock.advance(timedelta(minutes=5))
    assert secrets.read("BRAIN_HASH_SALT") == "second"


def test_a_missing_secret_is_loud_and_says_how_to_fix_it(secrets: SecretManagerSecrets) -> None:
    """The command can be pasted."""
    with pytest.raises(
        MissingSecretError, match="gcloud secrets create BRAIN_SEAL_KEY --data-file=- --project demo-project"
    ):
        secrets.read("BRAIN_SEAL_KEY")


def test_a_secret_that_may_not_be_read_says_how_to_allow_it(secrets: SecretManagerSecrets, vault: Vault) -> None:
    """Not "not found"."""
    vault.failure = grpc.StatusCode.PERMISSION_DENIED
    with pytest.raises(MissingSecretError, match="secretAccessor"):
        secrets.read("BRAIN_HASH_SALT")


def test_an_outage_of_secret_manager_does_not_stop_an_instance_that_knows(
    secrets: SecretManagerSecrets, vault: Vault, clock: ManualClock
) -> None:
    """What was read serves on; what never was is an error."""
    secrets.read("BRAIN_HASH_SALT")
    vault.failure = grpc.StatusCode.INTERNAL
    clock.advance(timedelta(hours=1))
    assert secrets.read("BRAIN_HASH_SALT") == "first"
    with pytest.raises(MissingSecretError, match="did not respond"):
        secrets.read("BRAIN_SEAL_KEY")


def test_secrets_are_in_no_repr(secrets: SecretManagerSecrets) -> None:
    """Nor in anything that is logged by accident."""
    secrets.read("BRAIN_HASH_SALT")
    assert "first" not in repr(secrets)


def test_without_a_client_the_real_one_is_opened_on_first_use(
    secrets: SecretManagerSecrets, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, and only where a secret is read."""
    opened: list[SecretManagerServiceClient | None] = []

    def open_client() -> SecretManagerServiceClient | None:
        opened.append(secrets.client)
        return secrets.client

    monkeypatch.setattr(secretmanager_v1, "SecretManagerServiceClient", open_client)
    without_client = SecretManagerSecrets("demo-project", clock)
    assert opened == []
    assert without_client.read("BRAIN_HASH_SALT") == "first"
    with pytest.raises(MissingSecretError):
        without_client.read("BRAIN_SEAL_KEY")
    assert opened == [secrets.client]


def test_a_deployed_function_reads_its_secrets_there(clock: ManualClock) -> None:
    """Of its own project; elsewhere they are in the environment."""
    deployed = read_settings(
        {"BRAIN_STORE": "firestore://demo-project", "BRAIN_PROJECT": "demo-project", "K_SERVICE": "brainapi"}
    )
    secrets = open_secrets(deployed, clock)
    assert isinstance(secrets, SecretManagerSecrets)
    assert secrets.project == "demo-project"
    assert isinstance(open_secrets(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock), EnvironmentSecrets)
