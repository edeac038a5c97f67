"""The only place that wires services to adapters; importing it opens nothing, parts are made when asked for."""

import atexit
import os
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from brain.adapters.system_clock import SystemClock
from brain.bootstrap.adapters import document_store, event_writer, secrets_of
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, EventWriter
from brain.ports.secrets import Secrets
from brain.settings.environment import Settings, read_settings
from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.domain.gateway.dead_letters import RetryPolicy
    from brain.domain.privacy.keys import IdentityKeys
    from brain.ports.sealing import Sealer
    from brain.ports.task_queue import TaskQueue
    from brain.services.gateway.api_keys import Authenticator, KeyRing
    from brain.services.gateway.identity_key_source import IdentityKeySource
    from brain.services.gateway.ingest import Ingest
    from brain.services.gateway.rate_limits import RateLimits
    from brain.services.gateway.replay_dead_letter import ReplayDeadLetter
    from brain.services.gateway.verify_sender import VerifySender
    from brain.services.jobs.dispatch import Dispatch
    from brain.services.jobs.give_up import GiveUp
    from brain.services.jobs.health import Health
    from brain.services.jobs.perform import Perform
    from brain.services.jobs.run_job import RunJob

SECRET_NAMES = ("BRAIN_HASH_SALT", "BRAIN_SEAL_KEY")
LOCAL_INSTANCES = 4


class Brain:
    """Everything wired together for one store, clock and set of secrets; parts are made once, on first use."""

    def __init__(self, settings: Settings, clock: Clock, secrets: Secrets, store: DocumentStore) -> None:
        self.settings = settings
        self.clock = clock
        self.secrets = secrets
        self.store = store

    @cached_property
    def log(self) -> Any:
        """The log, as ``log(event, *, error=None, **fields)``."""
        from brain.adapters.cloud_logging import build_event_logger

        return build_event_logger("brain")

    @cached_property
    def identity_keys(self) -> "IdentityKeys":
        """The keys of ids and pseudonyms at the start; raises ``MissingSecretError``."""
        return self.known_keys()

    @cached_property
    def known_keys(self) -> "IdentityKeySource":
        """The keys of ids and pseudonyms as the secret has them now."""
        from brain.services.gateway.identity_key_source import IdentityKeySource

        return IdentityKeySource(self.secrets, self.failed)

    @cached_property
    def writer(self) -> EventWriter:
        """Asynchronous writes, concurrent callers sharing a commit."""
        from brain.services.gateway.group_commit import GroupCommit

        return GroupCommit(event_writer(self.settings, self.store))

    @cached_property
    def limits(self) -> "RateLimits":
        """The budgets, of which this instance leases its shares."""
        from brain.domain.privacy.keys import derive_client_key
        from brain.domain.rates.config import LimitsConfig
        from brain.services.gateway.rate_limits import RateLimits
        from brain.settings.scheduler import read_scheduler

        given = load_config("brain_limits", LimitsConfig)
        return RateLimits(
            self.store,
            self.clock,
            os.urandom(8).hex(),
            given.events_a_client_a_minute,
            given.events_in_all_a_minute,
            given.requests_an_address_a_minute,
            read_scheduler().functions["ingest"].max_instances if self.settings.deployed else LOCAL_INSTANCES,
            derive_client_key(self.identity_keys.oldest_salt, "", b"address"),
        )

    @cached_property
    def ingest(self) -> "Ingest":
        """The service that takes events in."""
        from brain.services.gateway.ingest import Ingest
        from brain.services.gateway.record_warnings import RecordWarnings
        from brain.services.gateway.store_dead_letter import StoreDeadLetter

        self.known_keys()  # without the key nothing starts
        keep = StoreDeadLetter(self.writer, self.sealer, self.clock, self.retry_policy)
        warn = RecordWarnings(self.writer, self.clock, self.failed)
        return Ingest(self.writer, self.store, self.known_keys, keep, self.limits, self.clock, self.failed, warn)

    @cached_property
    def sealer(self) -> "Sealer":
        """Seals what dead letters keep."""
        from brain.adapters.fernet import FernetSealer

        return FernetSealer(self.secrets)

    @cached_property
    def retry_policy(self) -> "RetryPolicy":
        """When dead letters are tried again by themselves."""
        from brain.domain.gateway.dead_letters import RetryPolicy

        return load_config("brain_dead_letters", RetryPolicy)

    @cached_property
    def give_up(self) -> "GiveUp":
        """Keeps a task that failed for good."""
        from brain.services.jobs.give_up import GiveUp

        return GiveUp(self.store, self.sealer, self.clock, self.retry_policy)

    @cached_property
    def replay(self) -> "ReplayDeadLetter":
        """The operator's tool for dead letters."""
        from brain.services.gateway.replay_dead_letter import ReplayDeadLetter

        return ReplayDeadLetter(self.store, self.sealer, self.ingest, self.perform, self.clock)

    @cached_property
    def authenticator(self) -> "Authenticator":
        """Says whose API key it is."""
        from brain.services.gateway.api_keys import Authenticator

        return Authenticator(self.store, self.clock)

    @cached_property
    def verify_sender(self) -> "VerifySender":
        """Says which provider signed a request."""
        from brain.adapters.key_sets import HttpKeySets
        from brain.domain.senders.signatures.senders_config import SendersConfig
        from brain.services.gateway.sender_secrets import SenderSecrets
        from brain.services.gateway.verify_sender import VerifySender

        config = load_config("brain_senders", SendersConfig)
        secrets = SenderSecrets(self.secrets, self.clock, self.failed)
        keys = HttpKeySets(self.clock)
        return VerifySender(config, secrets, keys, self.store, self.writer, self.clock, self.failed)

    @cached_property
    def key_ring(self) -> "KeyRing":
        """The operator's tool for API keys."""
        from brain.services.gateway.api_keys import KeyRing

        return KeyRing(self.store, self.clock, os.urandom)

    @cached_property
    def health(self) -> "Health":
        """Whether this instance can do its work."""
        from brain.services.jobs.health import Health

        return Health(self.store, self.clock, self.score_config)

    def dispatch(self, queue: "TaskQueue") -> "Dispatch":
        """Return the dispatcher of scheduled jobs into ``queue``."""
        from brain.domain.jobs.features import FeatureFlags
        from brain.repositories.jobs.features import Features
        from brain.services.gateway.enqueue_retries import enqueue_retries
        from brain.services.jobs.dispatch import Dispatch

        features = Features(self.store, load_config("brain_features", FeatureFlags))
        return Dispatch(self.store, queue, features, enqueue_retries)

    @cached_property
    def perform(self) -> "Perform":
        """The worker."""
        from brain.bootstrap.jobs import build_jobs
        from brain.services.jobs.perform import Perform

        return Perform(self.store, self.clock, build_jobs(self))

    @cached_property
    def run_job(self) -> "RunJob":
        """Dispatcher and worker in this process."""
        from brain.services.jobs.run_job import RunJob

        return RunJob(self.dispatch, self.perform)

    def cloud_tasks(self) -> "TaskQueue":
        """Return the deployed task queue before the worker."""
        from brain.adapters.cloud_tasks import CloudTasksQueue
        from brain.settings.scheduler import read_scheduler

        table = read_scheduler()
        given = self.settings
        queue = f"projects/{given.project}/locations/{given.region}/queues/{table.queue.name}"
        limit = table.functions[table.worker].timeout_seconds
        return CloudTasksQueue(queue, given.worker_url, given.tasks_invoker, limit)

    def score_config(self) -> Any:
        """The constants of the score."""
        from brain.domain.scoring import ScoringConfig

        return load_config("brain_scoring", ScoringConfig)

    def failed(self, part: str, error: Exception) -> None:
        """Tell the log that a part failed while the rest went on."""
        self.log("part_failed", error=error, part=part)


def build(settings: Settings | None = None, *, clock: Clock | None = None, secrets: Secrets | None = None) -> Brain:
    """Return the Brain for these settings, by default those of the environment.

    Raises:
        MisconfiguredError: the settings name no store.
    """
    given = settings or read_settings()
    time = clock or SystemClock()
    return Brain(given, time, secrets or secrets_of(given, time), document_store(given, time))


@dataclass(slots=True)
class _Shared:
    lock: threading.Lock
    brain: Brain | None = None


_shared = _Shared(threading.Lock())


def shared() -> Brain:
    """Return this process's Brain, made by the environment on first use."""
    with _shared.lock:
        if _shared.brain is None:
            _shared.brain = build()
            atexit.register(_end, _shared.brain)
        return _shared.brain


def _end(brain: Brain) -> None:
    """Give back what this process leased, so that the next one need not wait for the leases to end."""
    if "limits" in vars(brain):
        brain.limits.release_shares(brain.failed)
