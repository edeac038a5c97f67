"""Bodies made to be slow: CPU, memory, and how long another client's single event takes meanwhile.

``python -m benchmarks ingest_attacks``. The function is served as deployed (functions-framework, ASGI, one process) on
an SQLite store. Every attack has its own processes, which have served ordinary events before. A last line sends 80 of
the worst bodies at the same time. The goals: at most 1.5 s of CPU per body, 100 ms for another client, 400 MiB.
"""

import concurrent.futures
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import HTTPConnection
from multiprocessing.queues import SimpleQueue
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import NamedTuple

from benchmarks.served_function import serve_ingest
from brain import bootstrap
from brain.settings.environment import read_settings

MEGABYTE = 1_000_000
GOAL_CPU_SECONDS, GOAL_LATENCY_MS, GOAL_MEMORY_MIB = 1.5, 100.0, 400.0
CONCURRENT = 80
ORDINARY = "ordinary: 500 events"
NOW = datetime.now(UTC).isoformat()
_FORK = multiprocessing.get_context("fork")
CLOCK_TICKS = os.sysconf("SC_CLK_TCK")


class Served(NamedTuple):
    """The function in its own process, with an API key of each of two clients."""

    port: int
    process_id: int
    attacker: str
    neighbour: str


class Outcome(NamedTuple):
    """What one attack cost."""

    status: str
    cpu_seconds: float
    memory_mib: float
    alone_ms: float
    latency_ms: float


def run() -> None:
    """Print the cost of each attack, and of 80 at once."""
    print(
        f"{'attack':<38}{'MB':>6}{'answer':>12}{'CPU s':>8}{'memory MiB':>12}{'alone ms':>10}"
        f"{'meanwhile ms':>14}  verdict"
    )
    outcomes = []
    for name, (source, make) in ATTACKS.items():
        body = make()
        with _serve() as served:
            outcome = _attack(served, source, [body])
        outcomes.append((outcome, source, body))
        _print_row(name, len(body), outcome)
    worst = max(outcomes, key=lambda attack: attack[0].memory_mib)
    with _serve() as served:
        _print_row(
            f"{CONCURRENT} of the largest at once", len(worst[2]), _attack(served, worst[1], [worst[2]] * CONCURRENT)
        )


def _print_row(name: str, size: int, outcome: Outcome) -> None:
    is_met = (
        outcome.cpu_seconds <= GOAL_CPU_SECONDS
        and outcome.memory_mib <= GOAL_MEMORY_MIB
        and outcome.latency_ms <= GOAL_LATENCY_MS
    )
    print(
        f"{name:<38}{size / MEGABYTE:>6.1f}{outcome.status:>12}{outcome.cpu_seconds:>8.2f}{outcome.memory_mib:>12.0f}"
        f"{outcome.alone_ms:>10.0f}{outcome.latency_ms:>14.0f}  {'met' if is_met else 'missed'}",
        flush=True,
    )


def _attack(served: Served, source: str, bodies: list[bytes]) -> Outcome:
    """Send the bodies at once while a neighbour sends single events, and return what it cost."""
    _send(served.port, served.neighbour, "neighbour", "custom", ATTACKS[ORDINARY][1]())
    alone = [_time_event(served, number) for number in range(100)]
    is_over, results = _FORK.Event(), _FORK.SimpleQueue()
    neighbour = _FORK.Process(target=_send_events, args=(served, is_over, results))
    before = _cpu_seconds(served.process_id)
    neighbour.start()
    with concurrent.futures.ThreadPoolExecutor(len(bodies)) as pool:
        statuses = list(pool.map(lambda body: _send(served.port, served.attacker, "attacker", source, body), bodies))
    is_over.set()
    latency = results.get()
    neighbour.join()
    spent = _cpu_seconds(served.process_id) - before
    status = ",".join(f"{status}" for status in sorted(set(statuses)))
    return Outcome(status, spent / len(bodies), _peak_mib(served.process_id), max(alone[20:]), latency)


def _send_events(served: Served, is_over: Event, results: "SimpleQueue[float]") -> None:
    """Send an event of the neighbour every 20 ms, from a process of its own, and return the longest time."""
    latencies = [_time_event(served, 1000)]
    while not is_over.is_set():
        time.sleep(0.02)
        latencies.append(_time_event(served, 1000 + len(latencies)))
    results.put(max(latencies))


def _time_event(served: Served, number: int) -> float:
    """Send one event of the neighbour and return the milliseconds to its answer."""
    started = time.perf_counter()
    _send(served.port, served.neighbour, "neighbour", "custom", _event(number))
    return (time.perf_counter() - started) * 1000


def _send(port: int, key: str, client_id: str, source: str, body: bytes) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=600)
    try:
        headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        connection.request("POST", f"/v1/clients/{client_id}/events/{source}", body, headers)
        return connection.getresponse().status
    except (ConnectionError, TimeoutError):
        return 0  # refused before the body was sent
    finally:
        connection.close()


def _event(number: int) -> bytes:
    return json.dumps({"event_id": f"n{number}", "occurred_at": NOW, "likes": 1, "platform": "instagram"}).encode()


@contextmanager
def _serve() -> Iterator[Served]:
    """Serve the function on a store that has a key of each client."""
    with tempfile.TemporaryDirectory() as folder:
        store = f"sqlite:///{folder}/brain.db"
        key_ring = bootstrap.build_brain(read_settings({"BRAIN_STORE": store})).key_ring
        keys = [key_ring.create(client_id)[0] for client_id in ("attacker", "neighbour")]
        with serve_ingest(store) as function:
            yield Served(*function, *keys)


def _list_processes(process_id: int) -> list[int]:
    """Return the process and its descendants."""
    children = Path(f"/proc/{process_id}/task/{process_id}/children").read_text().split()
    return [process_id, *(inner for child in children for inner in _list_processes(int(child)))]


def _cpu_seconds(process_id: int) -> float:
    stats = (Path(f"/proc/{inner}/stat").read_text() for inner in _list_processes(process_id))
    times = (stat.rpartition(")")[2].split()[11:13] for stat in stats)
    return sum(int(user) + int(system) for user, system in times) / CLOCK_TICKS


def _peak_mib(process_id: int) -> float:
    """Return the sum of the peaks of the process and its descendants, more than they ever take at the same time."""
    statuses = (Path(f"/proc/{inner}/status").read_text() for inner in _list_processes(process_id))
    return sum(int(status.partition("VmHWM:")[2].split()[0]) for status in statuses) / 1024


def _batch(make: Callable[[int], object], megabytes: float, count: int = 2000) -> bytes:
    """Return a batch of events with what ``make`` returns, of at most a size and a number of events."""
    events: list[str] = []
    size = 0
    for number in range(count):
        event: dict[str, object] = {"event_id": f"e{number}", "occurred_at": NOW, "likes": 1, "platform": "x"}
        event["raw_data"] = {"extra": make(number)}
        events.append(json.dumps(event))
        size += len(events[-1]) + 1
        if size >= megabytes * MEGABYTE:
            break
    return f"[{','.join(events)}]".encode()[: 10 * 1024 * 1024]


def _people(number: int) -> object:
    """Return 2,200 people and a text of words that all of them might begin with."""
    return {
        "users": [{"name": f"Ada Lind {person}"} for person in range(2200)],
        "text": "Ada Lind " * 4000 + str(number),
    }


def _repeat(piece: str, megabytes: float = 9.0) -> str:
    return piece * int(megabytes * MEGABYTE / len(piece))


ATTACKS: dict[str, tuple[str, Callable[[], bytes]]] = {
    ORDINARY: ("custom", lambda: _batch(lambda number: f"text {number}", 10, 500)),
    "2,200 people in each of 75 events": ("custom", lambda: _batch(_people, 7)),
    "2,200 people in one event": ("custom", lambda: _batch(lambda _: {**_people(0), "more": "Ada " * 1_600_000}, 7, 1)),
    "aaaa@ in one text": ("custom", lambda: _batch(lambda _: _repeat("a" * 63) + "@", 9, 1)),
    "aaaa@ in 90 texts": ("custom", lambda: _batch(lambda _: "a" * 97_000 + "@", 9)),
    "aaaa@ as content id": ("custom", lambda: json.dumps(
        {"event_id": "e", "occurred_at": NOW, "likes": 1, "content_id": "a" * 9 * MEGABYTE + "@"}).encode()),
    "[[{},...]]": ("custom", lambda: b"[[" + b"{}," * 3_000_000 + b"{}]]"),
    "[[{},...]] within the bounds": ("custom", lambda: b"[[" + b"{}," * 124_000 + b"{}]]"),
    "pages of empty rows": ("ads_google", lambda: b'{"results":[' + b"{}," * 124_000 + b"{}]}"),
    "ten million brackets": ("custom", lambda: b"[" * 5_000_000 + b"]" * 5_000_000),
    "open string of escapes": ("custom", lambda: b'[{"a":"' + b'\\"' * 4_500_000),
    "many keys": ("custom", lambda: json.dumps(
        {"occurred_at": NOW, **{f"key{number}": number for number in range(240_000)}}).encode()),
    "long numbers": ("custom", lambda: b"[" + b",".join([b'{"likes":' + b"9" * 4290 + b"}"] * 2200) + b"]"),
    "long fractions": ("custom", lambda: b'{"likes":1.' + b"9" * 9_000_000 + b"}"),
    "one huge string": ("custom", lambda: _batch(lambda _: _repeat("word "), 10, 1)),
    "one wide string": ("custom", lambda: _batch(lambda _: "\U0001f600" + _repeat("word ", 8.5), 10, 1)),
    "many small events": ("custom", lambda: _batch(lambda number: number, 10, 100_000)),
    "many blank lines": ("custom", lambda: b"{}\n" + b" \n" * 4_500_000),
    "many broken lines": ("custom", lambda: b"{}\n" + b"{\n" * 4_500_000),
    "e-mail-like texts": ("custom", lambda: _batch(lambda _: "a@b " * 24_000, 9)),
    "different e-mail addresses": ("custom", lambda: _batch(
        lambda number: " ".join(f"a{number}x{person}@b.c" for person in range(6_800)), 9)),
    "telephone-like texts": ("custom", lambda: _batch(lambda _: "00 00 00 00 x " * 6_900, 9)),
    "digits in groups": ("custom", lambda: _batch(lambda _: "12 34 56 " * 10_800, 9)),
    "network addresses": ("custom", lambda: _batch(lambda _: "1.2.3.4 " * 12_000, 9)),
    "embedded JSON": ("custom", lambda: _batch(lambda _: "[" + "[]," * 32_000 + "[]]", 9)),
    "query parameters": ("custom", lambda: _batch(lambda _: "&user_id=1" * 9_600, 9)),
    "different names": ("custom", lambda: _batch(
        lambda number: {f"k-{number}x{at}": f"u-{number}v{at}" for at in range(2_900)}, 9, 80)),
    "rows of 500 columns": ("custom", lambda: _batch(
        lambda number: {f"c{at}": f"text {number + at}" for at in range(480)}, 9, 500)),
    "handles": ("custom", lambda: _batch(lambda number: " ".join(f"@a{number}b{at}" for at in range(9_000)), 9)),
}  # fmt: skip

if __name__ == "__main__":
    run()
