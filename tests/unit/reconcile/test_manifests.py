"""A sender's own list against the store: what became of each id, and clear words for a list that is none."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.events import FeedType
from brain.domain.gateway.manifests import ManifestLine, parse_manifest
from brain.errors import InvalidInputError
from brain.services.gateway.check_manifest import CheckManifest
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, build_post_payload, send_request


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\n b \n", [ManifestLine("a"), ManifestLine("b")]),
        ("\ufeffa", [ManifestLine("a")]),
        ("id\na\nb", [ManifestLine("a"), ManifestLine("b")]),
        ("total,ID,outcome\n3,a,stored\n\n,b,\n", [ManifestLine("a", 3, "stored"), ManifestLine("b")]),
        ('{"id": "a", "total": 2}\n{"event_id": 7}', [ManifestLine("a", 2), ManifestLine("7")]),
        ('{"id": "a", "event_id": "evt_1", "outcome": "rejected"}', [ManifestLine("evt_1", 1, "rejected")]),
    ],
)
def test_a_manifest_is_read_in_every_form(text: str, expected: list[ManifestLine]) -> None:
    """Ids one a line, CSV with a header, JSON lines."""
    assert parse_manifest(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        (" \n ", "empty"),
        ("name,total\na,1", "line 1: expected a header with id"),
        ("id,total\na", "line 2: expected 2 columns"),
        ("id,total\na,0", "line 2: total must be"),
        ("id,total\na,many", "line 2: total must be"),
        ("id,total\n,3", "line 2: id must have"),
        ('{"id": "a"}\n{"name": "b"}', "line 2: id must have"),
        ('{"id": "a"}\n[1]', "line 2: expected a JSON object"),
        ('{"id": "a"}\n{"id": ', "line 2: expected JSON, got a syntax error"),
        ("x" * 513, "line 1: id must have 1 to 512"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_line(text: str, message: str) -> None:
    """An operator knows what to fix."""
    with pytest.raises(InvalidInputError, match=message):
        parse_manifest(text)


def check(brain: Brain, *sent: ManifestLine) -> dict[str, Any]:
    """Check a manifest of canonical ids."""
    return CheckManifest(brain.store, brain.sealer, brain.identity_key_source)(CLIENT, sent, FeedType.CUSTOM)


def test_each_id_is_stored_revised_duplicate_rejected_kept_aside_or_missing() -> None:
    """By the provider's ids, by ours from the answers, and by the names of dead letters."""
    brain = build_memory_brain()
    send_request(brain, [build_post_payload(1), build_post_payload(2)])
    send_request(brain, [build_post_payload(1)])
    total = {"content_id": "c1", "cumulative": True, "occurred_at": "2026-11-22T06:30:00Z"}
    ours = send_request(brain, total | {"likes": 1}).items[0].event_id
    send_request(brain, total | {"likes": 2})
    letter = send_request(brain, [{"what": "post-77"}]).items[0].dead_letter_id
    brain.replay.purge(brain.replay.find(str(send_request(brain, [{"what": "x"}]).items[0].dead_letter_id)))
    sent = [
        ManifestLine("post-1"),
        ManifestLine("post-1"),
        ManifestLine("post-2"),
        ManifestLine(str(ours), 3),
        ManifestLine("post-77"),
        ManifestLine(str(letter)),
        ManifestLine("post-8", 1, "rejected"),
        ManifestLine("ping", 2, "ignored"),
    ]
    ends = {"stored": 3, "revised": 1, "duplicate": 2, "rejected": 1, "ignored": 2, "dead_lettered": 2}
    assert check(brain, *sent) == {"sent": 11, **ends, "difference": 0, "missing": []}
    figures = check(brain, *sent, ManifestLine("post-99"), ManifestLine("evt_" + "0" * 24, 2))
    assert (figures["difference"], figures["missing"]) == (3, ["post-99", "evt_" + "0" * 24])


def test_a_settled_letter_is_not_missing() -> None:
    """Its entry in the books says what became of it."""
    brain = build_memory_brain()
    name = str(send_request(brain, [{"what": "x"}]).items[0].dead_letter_id)
    brain.replay.purge(brain.replay.find(name))
    assert check(brain, ManifestLine(name))["dead_lettered"] == 1
    for number in range(2):
        send_request(brain, [{"what": "post-77", "n": number}])
    assert check(brain, ManifestLine("post-77", 2))["dead_lettered"] == 2
    assert check(brain, ManifestLine("dl_" + "0" * 24))["missing"] == ["dl_" + "0" * 24]


@pytest.mark.slow
def test_the_command_exits_with_1_when_something_is_missing_and_with_2_for_what_is_no_manifest(tmp_path: Path) -> None:
    """And prints what, for people and for machines."""
    environment = {**os.environ, "BRAIN_STORE": f"sqlite:///{tmp_path / 'b.db'}"}
    lines = tmp_path / "sent.jsonl"
    lines.write_text('{"event_id": "post-1", "occurred_at": "2026-11-22T06:30:00Z", "likes": 1}\n')

    def brain(*options: str) -> "subprocess.CompletedProcess[str]":
        command = [str(Path(sys.executable).with_name("brain")), *options, "--client", CLIENT]
        return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)

    def reconcile(text: bytes, *options: str) -> "subprocess.CompletedProcess[str]":
        file = tmp_path / "manifest"
        file.write_bytes(text)
        return brain("reconcile", "--manifest", str(file), *options)

    assert brain("ingest", "custom", str(lines), "--backfill", "--received-at", "2026-11-22T07:30:00Z").returncode == 0
    fine = reconcile(b"post-1\n", "--json", "--by-hour")
    assert fine.returncode == 0, fine.stderr
    figures = json.loads(fine.stdout)
    assert (figures["stored"], figures["difference"], figures["missing"]) == (1, 0, [])
    assert figures["hours"]["2026-11-22T07"]["sent"] == 1
    missing = reconcile(b"post-1\npost-2\n", "--by-hour")
    assert missing.returncode == 1
    assert "missing: post-2" in missing.stdout
    assert reconcile(b"").returncode == 2
    assert "UTF-8" in reconcile(b"\xff").stderr
    assert reconcile(b"a", "--source", "nothing").returncode == 2
