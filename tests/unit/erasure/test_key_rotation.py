"""Keys rotate while events come in: no restart, no new ids, people found under every key, old letters still open."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from brain.adapters.environment import EnvironmentSecrets
from brain.domain.privacy.keys import IdentityKeys
from brain.errors import MisconfiguredError, MissingSecretError
from brain.repositories import paths
from brain.services.gateway.identity_key_source import IdentityKeySource
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import (
    CLIENT,
    NOW,
    MutableSecrets,
    build_memory_brain,
    build_post_payload,
    send_request,
)

CLICK = {"email": "ada.lind@example.org", "timestamp": 1795330000, "event": "click", "sg_event_id": "x1"}
FIRST = "1:the first key of a test"
SECOND = f"2:the second key of a test\n{FIRST}"
THIRD = f"3:the third key of a test\n{SECOND}"


def test_a_rotation_in_the_middle_of_ingest_makes_no_event_new() -> None:
    """The same events before and after are duplicates; new ones carry the new version."""
    vault = MutableSecrets()
    vault.texts["BRAIN_HASH_SALT"] = FIRST
    brain = build_memory_brain(secrets=vault)
    send_request(brain, [CLICK], "email")
    vault.texts["BRAIN_HASH_SALT"] = SECOND
    assert send_request(brain, [CLICK, CLICK | {"sg_event_id": "x2"}], "email").count_outcomes() | {"ignored": 0} == {
        "stored": 1, "duplicate": 1, "revised": 0, "rejected": 0, "dead_lettered": 0, "ignored": 0,
    }  # fmt: skip
    raw = sorted(json.loads(event.data["raw_data"])["email"][:3] for event in brain.store.query(paths.events(CLIENT)))
    assert raw == ["v1_", "v2_"]


@settings(max_examples=20)
@given(st.lists(st.sampled_from([FIRST, SECOND, THIRD]), min_size=1, max_size=6))
def test_event_ids_are_the_same_under_whatever_keys(texts: list[str]) -> None:
    """Also on an instance that still has the old keys while another has the new ones."""
    vault = MutableSecrets()
    vault.texts["BRAIN_HASH_SALT"] = FIRST
    brain = build_memory_brain(secrets=vault)
    for text in texts:
        vault.texts["BRAIN_HASH_SALT"] = text
        send_request(brain, [build_post_payload(1), CLICK])
        send_request(brain, [CLICK], "email")
    assert brain.store.count(paths.events(CLIENT)) == 2


def test_a_letter_sealed_under_the_old_key_still_opens_and_new_ones_take_the_new() -> None:
    """Until the old line goes; then the message says what to do."""
    vault = MutableSecrets()
    brain = build_memory_brain(secrets=vault)
    old = brain.replay.find(str(send_request(brain, [{"nobody": "knows"}]).items[0].dead_letter_id))
    first = vault.texts["BRAIN_SEAL_KEY"]
    vault.texts["BRAIN_SEAL_KEY"] = f"the second key of a test, to seal with\n{first}"
    new = brain.replay.find(str(send_request(brain, [{"nobody": "knew"}]).items[0].dead_letter_id))
    assert [json.loads(brain.sealer.open(event.sealed)) for event in (old, new)] == [
        [{"nobody": "knows"}],
        [{"nobody": "knew"}],
    ]
    vault.texts["BRAIN_SEAL_KEY"] = first
    with pytest.raises(MisconfiguredError, match="add the key it was sealed with"):
        brain.sealer.open(new.sealed)
    assert brain.sealer.open(old.sealed)


class Told:
    """What the log heard."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []

    def __call__(self, _what: str, error: Exception) -> None:
        """Hear."""
        self.errors.append(error)


@pytest.mark.parametrize(
    "slip",
    ["", "short", "2:the second key of a test", "1:another first key, which is wrong", f"2:short\n{FIRST}"],
)
def test_a_slip_of_the_operator_turns_nobody_away_and_is_told_once(slip: str) -> None:
    """A running service keeps the keys it has; a key that was dropped would make old events new."""
    vault, told = MutableSecrets(), Told()
    vault.texts["BRAIN_HASH_SALT"] = FIRST
    keys = IdentityKeySource(vault, told)
    before = keys()
    vault.texts["BRAIN_HASH_SALT"] = slip
    assert [keys() for _ in range(5)] == [before] * 5
    assert len(told.errors) == 1
    assert "key" in str(told.errors[0]).lower()
    vault.texts["BRAIN_HASH_SALT"] = SECOND
    assert keys().salt_version == 2


def test_a_secret_that_is_away_is_no_reason_to_stop_and_every_reason_not_to_start() -> None:
    """Loud at the start, and heard in the log afterwards."""

    class Away(MutableSecrets):
        there = True

        def read(self, name: str) -> str:
            if not self.there:
                raise MissingSecretError("of this test")
            return super().read(name)

    vault, told = Away(), Told()
    keys = IdentityKeySource(vault, told)
    keys()
    vault.there = False
    assert isinstance(keys(), IdentityKeys)
    assert [type(error) for error in told.errors] == [MissingSecretError]
    with pytest.raises(MissingSecretError):
        IdentityKeySource(vault, told)()
    brain = build_memory_brain(secrets=MutableSecrets())
    brain.__dict__.pop("ingest")
    brain.__dict__.pop("identity_key_source")
    brain.secrets = vault
    with pytest.raises(MissingSecretError):
        _ = brain.ingest


def test_no_key_shows_in_what_is_printed() -> None:
    """Neither of the keys nor of who reads them."""
    vault = MutableSecrets()
    keys = IdentityKeySource(vault, Told())
    keys()
    assert "salt of a test" not in repr(keys) + repr(keys())


def test_keys_from_secret_manager_follow_within_five_minutes() -> None:
    """The port remembers for minutes; nothing is asked in between."""
    clock = ManualClock(NOW)

    class Remembering(MutableSecrets):
        """A port that remembers as Secret Manager's does."""

        until = NOW
        known = ""
        asked = 0

        def read(self, name: str) -> str:
            if name != "BRAIN_HASH_SALT" or clock.now() >= self.until:
                self.asked += name == "BRAIN_HASH_SALT"
                self.known, self.until = super().read(name), clock.now() + timedelta(minutes=5)
            return self.known

    vault: Any = Remembering()
    vault.texts["BRAIN_HASH_SALT"] = FIRST
    brain = build_memory_brain(clock, vault)
    for minute in range(12):
        if minute == 3:
            vault.texts["BRAIN_HASH_SALT"] = SECOND
        send_request(brain, [CLICK | {"sg_event_id": f"m{minute}"}], "email")
        clock.advance(timedelta(minutes=1))
    events = brain.store.query(paths.events(CLIENT))
    versions = [
        json.loads(event.data["raw_data"])["email"][:2] for event in sorted(events, key=lambda e: e.data["received_at"])
    ]
    assert versions == ["v1"] * 5 + ["v2"] * 7
    assert vault.asked == 3
    asyncio.run(brain.writer.aclose())


def test_a_machine_of_ones_own_follows_its_file_and_reads_it_once(tmp_path: Path) -> None:
    """A rotation is an edit of the file; every item of a million asks, and only a change is read."""
    file = tmp_path / "secrets.env"
    file.write_text("BRAIN_HASH_SALT=the first key of a test\n")
    secrets = EnvironmentSecrets({}, file)
    keys = IdentityKeySource(secrets, Told())
    assert keys().salt_version == 1
    assert keys() is keys()
    file.write_text("BRAIN_HASH_SALT=2:the second key of a test\\n1:the first key of a test\n")
    assert keys().versions() == ((2, b"the second key of a test"), (1, b"the first key of a test"))
    file.unlink()
    assert keys().salt_version == 2
    assert "first key" not in repr(secrets)
