"""The services around the loop: keys, budgets, flags, dispatch, queue, health, replay, books."""

import asyncio
import json
import random
from datetime import UTC, datetime, timedelta

import pytest

from brain import bootstrap
from brain.adapters.environment import EnvironmentSecrets, create_secrets_file
from brain.adapters.sqlite.store import SqliteStore
from brain.domain import periods
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway import bodies
from brain.domain.gateway.requests import IngestRequest
from brain.domain.jobs.features import FeatureFlag, FeatureFlags
from brain.domain.jobs.schedule import last_due
from brain.domain.jobs.steps import JOBS
from brain.domain.privacy.keys import parse_identity_keys
from brain.entrypoints.http import Request
from brain.entrypoints.jobs.handlers import WorkerHttp
from brain.errors import (
    InvalidInputError,
    MisconfiguredError,
    MissingSecretError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.clients import Clients
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.repositories.jobs.features import Features
from brain.services.gateway.api_keys import Authenticator, KeyRing
from brain.services.gateway.enqueue_retries import enqueue_retries
from brain.services.jobs.dispatch import Dispatch
from brain.services.jobs.enqueue_runs import EnqueueRuns
from brain.services.jobs.perform import InProcessQueue
from brain.settings.environment import read_settings
from brain.settings.files import load_config
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import fail_on_error
from brain.testing.simulations.client import CLIENT, MONDAY, build_event, fill_store, store_events

SECRETS = EnvironmentSecrets({"BRAIN_HASH_SALT": "a salt of a test, long enough", "BRAIN_SEAL_KEY": "a key of a test"})


@pytest.fixture
def embedded(clock):
    """An embedded store in memory."""
    store = SqliteStore(":memory:", clock)
    yield store
    store.close()


@pytest.fixture
def ring(embedded, clock):
    """The key ring with chance of its own."""
    rng = random.Random(1)  # noqa: S311 - a test's chance
    return KeyRing(embedded, clock, rng.randbytes)


def test_a_key_is_kept_as_a_hash_and_two_are_valid_at_once(ring, embedded):
    """The store never holds what a sender sends."""
    text, _ = ring.create("acme")
    ring.create("acme")
    with pytest.raises(InvalidInputError, match="at most 2 keys"):
        ring.create("acme")
    assert text not in json.dumps([s.data for s in embedded.query(paths.KEYS)], default=str)


def test_rotation_keeps_the_newest_key_valid_until_the_next(ring, embedded, clock):
    """Senders have time to move over."""
    texts = [ring.create("acme")[0]]
    for _ in range(3):
        clock.advance(timedelta(days=1))
        texts.append(ring.rotate("acme")[0])
    check = Authenticator(embedded, clock)
    check.check(texts[-1], "acme")
    check.check(texts[-2], "acme")
    for old in texts[:-2]:
        with pytest.raises(UnauthenticatedError):
            check.check(old, "acme")


def test_keys_are_remembered_for_a_minute_and_cost_no_read_meanwhile(ring, embedded, clock):
    """A new event costs no read."""
    text, _ = ring.create("acme")
    counting = FaultyStore(embedded)
    check = Authenticator(counting, clock)
    for _ in range(100):
        check.check(text, "acme")
    assert counting.reads == 1
    assert check.is_cached(text, "acme")
    assert not check.is_cached(text, "other")


def test_a_key_that_is_not_the_clients_cannot_be_revoked(ring):
    """The command says how to find the right one."""
    ring.create("acme")
    with pytest.raises(NotFoundError, match="keys list"):
        ring.revoke("acme", "0123")


@pytest.mark.parametrize(
    ("schedule", "now", "due"),
    [
        ("0 * * * *", "2026-11-22T07:59", "2026-11-22T07:00"),
        ("0 * * * *", "2026-11-22T08:00", "2026-11-22T08:00"),
        ("30 * * * *", "2026-11-22T08:10", "2026-11-22T07:30"),
        ("0 6 * * *", "2026-11-22T05:59", "2026-11-21T06:00"),
        ("0 9 * * 1", "2026-11-22T10:00", "2026-11-16T09:00"),
        ("0 4 * * 0", "2026-11-22T04:00", "2026-11-22T04:00"),
        ("0 5 1 * *", "2026-11-22T00:00", "2026-11-01T05:00"),
    ],
)
def test_the_local_clock_knows_when_a_job_was_due_last(schedule, now, due):
    """As Cloud Scheduler would."""
    as_of = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert last_due(schedule, as_of).isoformat()[:16] == due


def test_a_percentage_switches_on_the_same_clients_as_it_grows():
    """And single clients whatever it is."""
    clients = [f"c{n}" for n in range(400)]
    on = {p: {c for c in clients if FeatureFlag(enabled=True, percentage=p).is_on("x", c)} for p in (0, 10, 50, 100)}
    assert on[0] <= on[10] <= on[50] <= on[100]
    assert (len(on[0]), len(on[100])) == (0, 400)
    assert 20 <= len(on[10]) <= 60
    assert FeatureFlag(enabled=True, percentage=0, clients={"c1": True}).is_on("x", "c1")
    assert not FeatureFlag(enabled=False, clients={"c1": True}).is_on("x", "c1")


def test_a_live_flag_overrides_the_configured_one(embedded):
    """As soon as it is stored."""
    features = Features(embedded, load_config("brain_features", FeatureFlags), fail_on_error)
    assert features.get_flag("brainHourlyScores").enabled
    embedded.set(paths.feature("brainHourlyScores"), {"enabled": False})
    assert not features.get_flag("brainHourlyScores").enabled


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"enabled": "maybe"}, "enabled"),
        ({}, "enabled"),
        ({"enabled": True, "clients": {"acme": "perhaps"}}, "clients.acme"),
        ({"enabled": True, "clients": {"acme": 2}}, "clients.acme"),
        ({"enabled": True, "clients": ["acme"]}, "clients"),
        ({"enabled": True, "percentage": 101}, "percentage"),
        ({"enabled": True, "percentage": "half"}, "percentage"),
        ({"enabled": False, "note": "x"}, "note"),
    ],
)
def test_a_bad_flag_is_ignored_and_reported_and_stops_no_job(embedded, document, named):
    """The configured flag applies; the report names the document and the field."""
    reported = []
    configured = load_config("brain_features", FeatureFlags)
    features = Features(embedded, configured, lambda part, error: reported.append((part, error.message)))
    embedded.set(paths.feature("brainHourlyScores"), document)
    assert features.get_flag("brainHourlyScores") == configured.get_flag("brainHourlyScores")
    ((part, message),) = reported
    assert (part, paths.feature("brainHourlyScores") in message, named in message) == ("feature_flag", True, True)


def test_a_flag_that_is_neither_configured_nor_validly_stored_is_off(embedded):
    """A job is never on by mistake."""
    features = Features(embedded, FeatureFlags.model_construct({}), lambda _part, _error: None)
    assert not features.get_flag("brainHourlyScores").enabled
    embedded.set(paths.feature("brainHourlyScores"), {"enabled": "perhaps"})
    assert not features.get_flag("brainHourlyScores").enabled


def dispatched(store, job, scheduled_at, **options):
    """Dispatch into a queue of this process and return (figures, tasks)."""
    queue = InProcessQueue(lambda _task: {"status": "success"})
    features = Features(store, load_config("brain_features", FeatureFlags), fail_on_error)
    enqueue = EnqueueRuns(store, queue, ManualClock(scheduled_at), dict.fromkeys(JOBS, timedelta(hours=1)))
    return Dispatch(store, enqueue, features, enqueue_retries, dict, lambda _dispatch, _now: {})(
        job, scheduled_at, **options
    ), queue.tasks


def test_the_hourly_dispatch_lists_whoever_sent_something_lately(embedded):
    """From the books: no event is read, and no client without work is listed."""
    store_events(embedded, build_event(1, MONDAY))
    old = MONDAY - timedelta(days=2)
    store_events(embedded, build_event(2, old))
    counting = FaultyStore(embedded)
    figures, tasks = dispatched(counting, "brainHourlyScores", MONDAY + timedelta(hours=1))
    assert figures == {"status": "success", "clients": 1, "enqueued": 1}
    assert [task.client_id for task in tasks] == [CLIENT]
    assert set(counting.reads_by) <= {"counters", "features", "dead_letter_queue", "dispatches"}
    assert dispatched(embedded, "brainHourlyScores", MONDAY + timedelta(hours=9))[0]["clients"] == 0
    assert dispatched(embedded, "brainHourlyScores", MONDAY + timedelta(days=1))[0]["clients"] == 1  # the daily sweep


def test_a_client_that_fell_silent_is_still_analysed(embedded):
    """Silence is a finding; after five weeks it is goodbye."""
    store_events(embedded, build_event(1, MONDAY))
    for days, clients in ((3, 1), (30, 1), (45, 0)):
        assert dispatched(embedded, "brainDailyAnalysis", MONDAY + timedelta(days=days))[0]["clients"] == clients


def test_a_disabled_job_enqueues_nothing(embedded):
    """And says so."""
    assert dispatched(embedded, "brainCuriosity", MONDAY, client_id="acme") == ({"status": "disabled"}, [])


def test_one_failing_client_stops_no_other():
    """Its error is reported beside the others' figures."""

    def perform(task):
        if task.client_id == "b":
            raise StoreUnavailableError("of this test")
        return {"status": "success"}

    queue = InProcessQueue(perform)
    tasks = [Task("job", client, MONDAY, MONDAY) for client in "abc"]
    assert [queue.enqueue(task) for task in [*tasks, tasks[0]]] == [True, True, True, False]
    done, failed = queue.drain()
    assert [task.client_id for task, _ in done] == ["a", "c"]
    assert [(task.client_id, error.code) for task, error in failed] == [("b", "store_unavailable")]


@pytest.fixture
def brain(clock):
    """A whole Brain in memory."""
    built = bootstrap.build_brain(read_settings({"BRAIN_STORE": "sqlite:///:memory:"}), clock=clock, secrets=SECRETS)
    yield built
    built.store.close()


def test_a_probe_costs_one_read_in_half_a_minute(brain, clock):
    """However often it comes."""
    counting = FaultyStore(brain.store)
    brain.health.store = counting
    for _ in range(50):
        assert brain.health.is_ready()
    assert counting.reads == 1
    clock.advance(timedelta(seconds=31))
    assert brain.health.is_ready()
    assert counting.reads == 2


def test_health_notices_a_store_that_is_away(brain):
    """And says why, to operators."""
    brain.health.store = FaultyStore(brain.store, fail_at=1)
    assert not brain.health.is_ready()
    (broken,) = [check for check in brain.health.check() if not check.ok]
    assert (broken.name, bool(broken.detail)) == ("store", True)


def send(brain, body, source="custom"):
    """Send bytes of the client through ingest."""
    request = IngestRequest("acme", source, "application/json", body, "corr")
    return asyncio.run(brain.ingest(request, FeedContext("acme", brain.clock.now())))


def test_a_dead_letter_is_replayed_once_its_reader_is_fixed(brain, monkeypatch):
    """Preview first; twice is once; what was stored before stays."""
    good = {"event_id": "e1", "occurred_at": brain.clock.now().isoformat(), "likes": 1}
    body = json.dumps([good, good | {"event_id": "e2"}]).encode()
    from brain.services.gateway import read_request  # noqa: PLC0415 - patched below

    def broken(*_args):
        raise KeyError("a fault of our reader")

    normalize = read_request.normalize
    monkeypatch.setattr(read_request, "normalize", broken)
    done = send(brain, body)
    letter_id = done.items[0].dead_letter_id
    monkeypatch.setattr(read_request, "normalize", normalize)
    letter = brain.replay.find(letter_id)
    assert brain.replay.preview(letter) == {"events": 2, "rejected": 0, "unreadable": 0, "ignored": 0}
    assert brain.store.count(paths.events("acme")) == 0
    assert asyncio.run(brain.replay(letter)).count_outcomes()["stored"] == 2
    with pytest.raises(NotFoundError):  # the letter that was read before is settled now
        asyncio.run(brain.replay(letter))
    assert brain.store.count(paths.events("acme")) == 2
    with pytest.raises(NotFoundError):
        brain.replay.find(letter_id)


def test_a_task_that_fails_at_its_last_attempt_is_kept_told_loudly_and_can_be_rerun_job(brain):
    """Earlier attempts are the queue's business."""
    task = {"job": "brainHourlyScores", "client_id": "acme", "scheduled_at": "2026-11-22T08:00:00Z"}
    log_entries = []

    def fail(_task):
        raise StoreUnavailableError("of this test")

    worker = WorkerHttp(
        fail,
        fail,
        brain.give_up,
        3,
        brain.clock,
        lambda event, **fields: log_entries.append((event, fields["severity"])),
    )
    for count in ("0", "2", "3", "3"):
        answer = worker(Request("POST", "/", {"x-cloudtasks-taskretrycount": count}, json.dumps(task).encode()))
        assert (answer.status, answer.headers["Retry-After"]) == (409, "5")  # a 503 would slow the others' tasks down
    assert log_entries == [("task_failed", "WARNING")] * 2 + [("task_given_up", "CRITICAL")] * 2
    (letter,) = DeadLetters(brain.store).list(brain.clock.now(), "acme")
    assert (letter.stage, letter.error_code, letter.attempts) == ("job", "store_unavailable", 2)
    assert brain.replay.preview(letter) == {"runs": 1}
    assert brain.replay.rerun_job(letter)["status"] == "success"
    assert DeadLetters(brain.store).list(brain.clock.now(), "acme") == []


def test_a_dead_letter_expires_after_thirty_days(brain, clock):
    """Readers do not see what the store has not deleted yet."""
    letter_id = send(brain, b"{").items[0].dead_letter_id
    assert brain.replay.find(letter_id)
    clock.advance(timedelta(days=30))
    with pytest.raises(NotFoundError):
        brain.replay.find(letter_id)


@pytest.mark.parametrize("text", ["", "short", "1:abc", "1:" + "k" * 20 + "\n1:" + "l" * 20])
def test_a_key_text_that_is_none_is_loud(text):
    """Without the key nothing starts."""
    with pytest.raises(MisconfiguredError):
        parse_identity_keys(text)


def test_a_key_text_has_versions_the_newest_first():
    """A key without a version is the first."""
    assert parse_identity_keys("a" * 20).versions() == ((1, b"a" * 20),)
    assert parse_identity_keys(f"2:{'b' * 20}\n1:{'a' * 20}").salt_version == 2


def test_a_missing_secret_of_this_machine_says_how_to_set_it(tmp_path):
    """And a first start makes a file that only its owner reads."""
    file = tmp_path / ".brain" / "secrets.env"
    with pytest.raises(MissingSecretError, match="export BRAIN_HASH_SALT="):
        EnvironmentSecrets({}, file).read("BRAIN_HASH_SALT")
    assert create_secrets_file(file, ("BRAIN_HASH_SALT",))
    assert not create_secrets_file(file, ("BRAIN_HASH_SALT",))
    assert len(EnvironmentSecrets({}, file).read("BRAIN_HASH_SALT")) == 44
    assert file.stat().st_mode & 0o777 == 0o600
    assert "hush" not in repr(EnvironmentSecrets({"A": "hush"}, file))


def test_a_missing_secret_of_a_deployment_is_read_and_not_made_anew():
    """A new one could not open what is stored."""
    with pytest.raises(MissingSecretError, match=r"versions access latest --secret=BRAIN_SEAL_KEY\)\"$"):
        EnvironmentSecrets({}).read("BRAIN_SEAL_KEY")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"K_SERVICE": "ingest"}, "BRAIN_STORE"),
        (
            {"K_SERVICE": "x", "BRAIN_STORE": "firestore://demo-x", "FIRESTORE_EMULATOR_HOST": "a:1"},
            "FIRESTORE_EMULATOR_HOST",
        ),
    ],
)
def test_a_deployed_function_with_dangerous_settings_does_not_start(environment, message):
    """It says what is wrong."""
    with pytest.raises(MisconfiguredError, match=message):
        read_settings(environment)


def test_a_store_that_is_neither_is_named():
    """With both forms that would do."""
    with pytest.raises(MisconfiguredError, match="firestore://PROJECT or sqlite:///FILE"):
        _ = read_settings({"BRAIN_STORE": "mysql://x"}).sqlite_file


def test_a_time_zone_that_is_none_is_loud(embedded):
    """Not silently UTC."""
    embedded.set(paths.client("acme"), {"time_zone": "Europe/Kiel"})
    with pytest.raises(MisconfiguredError, match="Europe/Kiel"):
        Clients(embedded).get("acme")


@pytest.mark.parametrize(
    ("body", "kind", "count"),
    [
        (b'{"a":1}', "application/json", 1),
        (b'[{"a":1},{"a":2}]', "", 2),
        (b'{"a":1}\n{"a":2}\n', "", 2),
        (b'{"a":1}\n{"a":', "application/x-ndjson", 2),
        (b"a=1&b=2", "application/x-www-form-urlencoded; charset=utf-8", 1),
    ],
)
def test_bodies_are_read_by_their_type_and_their_looks(body, kind, count):
    """Objects, arrays, lines, forms."""
    assert len(bodies.parse_body(body, kind)) == count


@pytest.mark.parametrize("escape", [b"\xff", b"%FF", b"%ED%A0%BD"])
def test_a_byte_in_the_json_of_a_form_that_is_not_utf_8_sets_its_item_apart(escape):
    """Whether it is escaped or not; in a plain field an escaped one becomes U+FFFD."""
    body = b'mandrill_events=[{"event":"open","subject":"' + escape + b'"},{"event":"click","subject":"%C3%A4"}]'
    faulty, whole = bodies.parse_body(body, bodies.FORM)
    assert isinstance(faulty, InvalidInputError)
    assert whole == {"event": "click", "subject": "ä"}
    assert bodies.parse_body(b"a=%FF", bodies.FORM) == [{"a": "\N{REPLACEMENT CHARACTER}"}]


@pytest.mark.parametrize("body", [b"", b"  ", b"a=\xff", b"&&&", b"x"])
def test_forms_and_bodies_that_are_none_are_refused(body):
    """With a sentence."""
    with pytest.raises(InvalidInputError, match="xpected"):
        bodies.parse_body(body, bodies.FORM)


def test_books_name_hours_and_weeks():
    """In UTC, weeks by ISO."""
    now = datetime(2027, 1, 1, 23, 30, tzinfo=UTC)
    assert (periods.format_hour(now), periods.format_week(now)) == ("2027-01-01T23", "2026-W53")


def test_weekly_reports_cost_at_most_twelve_reads_and_one_per_archived_month_however_many_events(embedded):
    """From aggregates alone."""
    clock = ManualClock(MONDAY + timedelta(hours=9))
    for count in (24, 48):
        fill_store(embedded, days=count, posts_per_day=6)
    settings = read_settings({"BRAIN_STORE": "sqlite:///:memory:"})
    built = bootstrap.build_brain(settings, clock=clock, secrets=SECRETS)
    counting = FaultyStore(embedded)
    built.store = counting
    built.run_job("brainHourlyScores", MONDAY + timedelta(hours=8), client_id=CLIENT)
    before = counting.reads
    answer = built.run_job("brainWeeklyReport", MONDAY + timedelta(hours=9), client_id=CLIENT)
    assert answer["status"] == "success"
    months = sum(state.id.startswith("days-") for state in embedded.query(f"{paths.client(CLIENT)}/state"))
    assert 0 < months <= 7
    assert counting.reads - before <= 12 + months
