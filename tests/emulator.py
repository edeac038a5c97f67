"""Finds the Firestore emulator, or installs it, and runs it for a test session on a free port of this machine.

``python -m tests.emulator --check`` says whether it can be had, ``--run CMD…`` runs a command against one.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

HOST_VARIABLE = "FIRESTORE_EMULATOR_HOST"
JAR_VARIABLE = "FIRESTORE_EMULATOR_JAR"
MAIN_CLASS = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"
RULES = Path(__file__).resolve().parent.parent / "firestore.rules"
IN_SDK = Path("platform/cloud-firestore-emulator/cloud-firestore-emulator.jar")
SDK_ROOTS = (
    "/usr/lib/google-cloud-sdk",
    "/usr/share/google-cloud-sdk",
    "/usr/local/google-cloud-sdk",
    "/opt/google-cloud-sdk",
    "/snap/google-cloud-cli/current",
    "/opt/homebrew/share/google-cloud-sdk",
    "~/google-cloud-sdk",
)
FIREBASE_CACHE = Path("~/.cache/firebase/emulators")
PACKAGES = ("google-cloud-cli-firestore-emulator", "google-cloud-sdk-firestore-emulator")
OLDEST_JAVA = 17
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 10.0
WHAT_TO_DO = f"""The Firestore emulator cannot be had here: {{reason}}.
Do one of these, then try again:
  - apt-get install google-cloud-cli-firestore-emulator openjdk-17-jre-headless   (Google's apt repository)
  - gcloud components install cloud-firestore-emulator   (and Java {OLDEST_JAVA} or newer)
  - npx firebase-tools setup:emulators:firestore   (and Java {OLDEST_JAVA} or newer)
  - {JAR_VARIABLE}=/path/to/cloud-firestore-emulator.jar, or {HOST_VARIABLE}=host:port of one that runs
Without it: make test-fast."""


class EmulatorMissingError(Exception):
    """There is no emulator and none can be installed; the text says what to do."""

    def __init__(self, reason: str) -> None:
        super().__init__(WHAT_TO_DO.format(reason=reason))


def find_jar() -> Path | None:
    """Return the emulator's jar where one is known to lie: named, in the SDK, in firebase-tools' cache."""
    named = os.environ.get(JAR_VARIABLE)
    if named:
        return Path(named) if Path(named).is_file() else None
    for root in _sdk_roots():
        if (root / IN_SDK).is_file():
            return root / IN_SDK
    return max(FIREBASE_CACHE.expanduser().glob("cloud-firestore-emulator-v*.jar"), key=_jar_version, default=None)


def _jar_version(jar: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", jar.stem)]


def _sdk_roots() -> Iterator[Path]:
    for root in (os.environ.get("CLOUDSDK_ROOT_DIR"), *SDK_ROOTS):
        if root:
            yield Path(root).expanduser()
    gcloud = shutil.which("gcloud")
    if gcloud:
        yield Path(gcloud).resolve().parent.parent
        command = [gcloud, "info", "--format=value(installation.sdk_root)"]
        told = subprocess.run(command, capture_output=True, text=True, check=False)
        if told.stdout.strip():
            yield Path(told.stdout.strip())


def _install() -> None:
    """Install the emulator's package when this is root on a machine whose apt has it; else do nothing."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return
    java = [] if _java_version() else ["openjdk-17-jre-headless"]
    _quietly([apt, "update", "-q"])
    for package in PACKAGES:
        if _quietly([apt, "install", "-qy", "--no-install-recommends", package, *java]) == 0:
            return


def _quietly(command: Sequence[str]) -> int:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=environment, capture_output=True, check=False).returncode


def _java_version() -> int | None:
    java = shutil.which("java")
    if java is None:
        return None
    told = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    found = re.search(r'version "(\d+)', told.stderr + told.stdout)
    return int(found[1]) if found else None


def ensure() -> Path:
    """Return the jar, installed if need be; raises ``EmulatorMissingError`` with what to do."""
    named = os.environ.get(JAR_VARIABLE)
    if not named and (find_jar() is None or _java_version() is None):
        _install()
    jar, java = find_jar(), _java_version()
    if jar is None:
        raise EmulatorMissingError(f"{JAR_VARIABLE} names no file ({named})" if named else "its jar was not found")
    if java is None or java < OLDEST_JAVA:
        raise EmulatorMissingError(f"it needs Java {OLDEST_JAVA} or newer, and here is {java or 'none'}")
    return jar


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _command(jar: Path, port: int) -> list[str]:
    speed = ["-XX:+UseSerialGC", "-Xmx1g", "-XX:TieredStopAtLevel=1"]
    rules = [f"--rules={RULES}"] if RULES.is_file() else []
    return ["java", *speed, "-cp", str(jar), MAIN_CLASS, "--host=127.0.0.1", f"--port={port}", *rules]


def _wait_until_ready(host: str, server: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_TIMEOUT_SECONDS
    while time.monotonic() < end:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"http://{host}/", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise EmulatorMissingError(f"it did not start; the end of its log:\n{log.read_text()[-2000:]}")


@contextlib.contextmanager
def running() -> Iterator[str]:
    """Yield ``host:port`` of an emulator: the one the environment names, else one started here and stopped after."""
    if os.environ.get(HOST_VARIABLE):
        yield os.environ[HOST_VARIABLE]
        return
    jar, host = ensure(), f"127.0.0.1:{_free_port()}"
    with tempfile.TemporaryDirectory(prefix="firestore-emulator-") as folder:
        log = Path(folder) / "emulator.log"
        with log.open("wb") as sink:
            command = _command(jar, int(host.rpartition(":")[2]))
            server = subprocess.Popen(command, stdout=sink, stderr=sink, stdin=subprocess.DEVNULL)
        try:
            _wait_until_ready(host, server, log)
            os.environ[HOST_VARIABLE] = host
            yield host
        finally:
            os.environ.pop(HOST_VARIABLE, None)
            _stop(server)


def _stop(server: subprocess.Popen[bytes]) -> None:
    server.terminate()
    try:
        server.wait(STOP_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; exit 0 when the emulator can be had (or the command's own exit), else 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.emulator", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true", help="find or install the emulator and say what is missing")
    what.add_argument("--run", nargs=argparse.REMAINDER, metavar="CMD", help=f"run a command with {HOST_VARIABLE} set")
    options = parser.parse_args(arguments)
    try:
        if options.check:
            if not os.environ.get(HOST_VARIABLE):
                ensure()
            return 0
        with running():
            return subprocess.run(options.run, check=False).returncode
    except EmulatorMissingError as error:
        sys.stderr.write(f"{error}\n")
        return 1


if __name__ == "__main__":
    sys.exit(main())
