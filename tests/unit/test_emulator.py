"""The emulator is found where it lies, or its absence is explained with what to do."""

import subprocess
import sys
from pathlib import Path

import emulator
import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A machine without SDK, tools, cache and settings; returns its home."""
    for name in (emulator.HOST_VARIABLE, emulator.JAR_VARIABLE, "CLOUDSDK_ROOT_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(emulator, "SDK_ROOTS", ())
    return tmp_path


def make(file: Path) -> Path:
    """Make an empty file with its folders."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o755)
    return file


def test_a_named_jar_goes_before_all(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the environment names is taken; what it names wrongly is not replaced by something else."""
    make(bare / "sdk" / emulator.IN_SDK)
    monkeypatch.setenv("CLOUDSDK_ROOT_DIR", str(bare / "sdk"))
    jar = make(bare / "own.jar")
    monkeypatch.setenv(emulator.JAR_VARIABLE, str(jar))
    assert emulator.find_jar() == jar
    monkeypatch.setenv(emulator.JAR_VARIABLE, str(bare / "none.jar"))
    assert emulator.find_jar() is None
    with pytest.raises(emulator.EmulatorMissingError, match=r"names no file \(.*none\.jar\)"):
        emulator.ensure()


def test_the_sdk_is_found_beside_gcloud_and_by_its_own_word(bare: Path) -> None:
    """``gcloud`` in the path leads to its SDK, by its place or by what it says of itself."""
    make(bare / "bin" / "gcloud").write_text(f"#!/bin/sh\necho {bare / 'far'}\n")
    assert emulator.find_jar() is None
    jar = make(bare / "far" / emulator.IN_SDK)
    assert emulator.find_jar() == jar
    nearer = make(bare / emulator.IN_SDK)
    assert emulator.find_jar() == nearer


def test_of_several_cached_jars_the_newest_is_taken(bare: Path) -> None:
    """firebase-tools keeps every version; 1.19.10 is newer than 1.19.9."""
    cache = bare / ".cache" / "firebase" / "emulators"
    jars = [make(cache / f"cloud-firestore-emulator-v1.{version}.jar") for version in ("19.9", "19.10", "9.11")]
    assert emulator.find_jar() == jars[1]


@pytest.mark.parametrize(("version", "found"), [("11.0.2", "here is 11"), (None, "here is none")])
def test_an_old_java_is_named_as_the_obstacle(bare: Path, version: str | None, found: str) -> None:
    """The jar alone is not enough: Java 17 or newer runs it."""
    make(bare / ".cache/firebase/emulators/cloud-firestore-emulator-v1.19.9.jar")
    if version:
        make(bare / "bin" / "java").write_text(f"#!/bin/sh\necho 'openjdk version \"{version}\"' >&2\n")
    with pytest.raises(emulator.EmulatorMissingError, match=found):
        emulator.ensure()


def test_without_an_emulator_the_check_says_what_to_do(bare: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Exit 1 and a list of ways to get it; nothing is started."""
    assert not (bare / ".cache").exists()
    assert emulator.main(["--check"]) == 1
    told = capsys.readouterr().err
    for way in (
        "apt-get install",
        "gcloud components install",
        "firebase-tools",
        emulator.JAR_VARIABLE,
        "make test-fast",
    ):
        assert way in told
    assert emulator.main(["--run", "true"]) == 1


def test_a_running_emulator_is_used_as_it_is(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An address in the environment needs no jar, no Java and no check."""
    assert bare
    monkeypatch.setenv(emulator.HOST_VARIABLE, "127.0.0.1:1")
    assert emulator.main(["--check"]) == 0
    with emulator.running() as host:
        assert host == "127.0.0.1:1"


@pytest.mark.emulator
def test_a_command_runs_against_an_emulator_of_its_own() -> None:
    """The command sees the address, its exit code is ours, and the emulator is gone afterwards."""
    script = (
        "import os, urllib.request as u; h = os.environ['FIRESTORE_EMULATOR_HOST'];"
        "assert u.urlopen('http://' + h).status == 200; print(h); raise SystemExit(7)"
    )
    command = [sys.executable, "-m", "tests.emulator", "--run", sys.executable, "-c", script]
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(Path.home())}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 7, ran.stderr
    with pytest.raises(OSError):  # noqa: PT011 - refused, in whatever words
        emulator.urllib.request.urlopen(f"http://{ran.stdout.strip()}", timeout=1)
