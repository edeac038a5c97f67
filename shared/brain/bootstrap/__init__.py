"""The composition root: the only place that connects services with adapters.

Importing it opens nothing; each service is built on first use.
"""

import atexit
import os
import threading
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from brain.adapters.system_clock import SystemClock
from brain.bootstrap.adapters import open_document_store, open_event_writer, open_secrets
from brain.ports.clock import Clock
from brain.ports.document_store import DocumentStore, EventWriter
from brain.ports.secrets import Secrets
from brain.settings.environment import Settings, read_settings
from brain.settings.files import load_config

if TYPE_CHECKING:
    from brain.domain.gateway.dead_letters import RetryPolicy
    from brain.domain.privacy.keys import IdentityKeys
    from brain.domain.privacy.spellings import PrivacyConfig
    from brain.domain.scoring import ScoringConfig
    from brain.ports.logger import EventLogger
    from brain.ports.sealing import Sealer
    from brain.ports.task_queue import TaskQueue
    from brain.services.gateway.api_keys import Authenticator, KeyRing
    from brain.services.gateway.field_map_source import FieldMapSource
    from brain.services.gateway.ga4_properties import Ga4Properties
    from brain.services.gateway.identity_key_source import IdentityKeySource
    from brain.services.gateway.ingest import Ingest
    from brain.services.gateway.rate_limits import RateLimits
    from brain.services.gateway.replay_dead_letter import ReplayDeadLetter
    from brain.services.gateway.verify_sender import VerifySender
    from brain.services.jobs.dispatch import Dispatch
    from brain.services.jobs.enqueue_runs import EnqueueRuns
    from brain.services.jobs.give_up import GiveUp
    from brain.services.jobs.health import Health
    from brain.services.jobs.perform import Perform
    from brain.services.jobs.quarantine import QuarantineEvent
    from brain.services.jobs.run_job import RunJob

SECRET_NAMES = ("BRAIN_HASH_SALT", "BRAIN_SEAL_KEY")
LOCAL_INSTANCES = 4


class Brain:
    """All services for one store, clock and set of secrets, each built once on first use."""

    def __init__(self, settings: Settings, clock: Clock, secrets: Secrets, store: DocumentStore) -> None:
        self.settings = settings
        self.clock = clock
        self.secrets = secrets
        self.store = store

    @cached_property
    def log(self) -> "EventLogger":
        """The logger of events and errors."""
        from brain.adapters.cloud_logging import build_event_logger

        return build_event_logger("brain")

    @cached_property
    def identity_keys(self) -> "IdentityKeys":
        """The keys of ids and pseudonyms as of the first use; raises ``MissingSecretError``."""
        return self.identity_key_source()

    @cached_property
    def identity_key_source(self) -> "IdentityKeySource":
        """The source of the current keys of ids and pseudonyms."""
        from brain.services.gateway.identity_key_source import IdentityKeySource

        return IdentityKeySource(self.secrets, self.report_error)

    @cached_property
    def writer(self) -> EventWriter:
        """The asynchronous writer; concurrent callers share a commit."""
        from brain.services.gateway.group_commit import GroupCommit

        return GroupCommit(open_event_writer(self.settings, self.store))

    @cached_property
    def limits(self) -> "RateLimits":
        """The rate limits; this instance leases shares of their budgets."""
        from brain.domain.privacy.keys import derive_client_key
        from brain.domain.rates.config import LimitsConfig
        from brain.services.gateway.rate_limits import RateLimits
        from brain.settings.scheduler import INGEST, read_scheduler

        config = load_config("brain_limits", LimitsConfig)
        return RateLimits(
            self.store,
            self.clock,
            os.urandom(8).hex(),
            config.events_a_client_a_minute,
            config.events_in_all_a_minute,
            config.requests_an_address_a_minute,
            read_scheduler().functions[INGEST].max_instances if self.settings.deployed else LOCAL_INSTANCES,
            derive_client_key(self.identity_keys.oldest_salt, "", b"address"),
            trusted_hops=config.trusted_hops,
        )

    @cached_property
    def ingest(self) -> "Ingest":
        """The service that accepts events."""
        from brain.domain.feeds.field_maps import FeedsConfig
        from brain.services.gateway.ingest import Ingest
        from brain.services.gateway.read_request import ReadingRules
        from brain.services.gateway.record_warnings import RecordWarnings
        from brain.services.gateway.store_dead_letter import StoreDeadLetter

        self.identity_key_source()  # fails now if the secret is missing, not at the first event
        store_dead_letter = StoreDeadLetter(self.writer, self.sealer, self.clock, self.retry_policy)
        record_warnings = RecordWarnings(self.writer, self.clock, self.report_error)
        return Ingest(
            self.writer,
            self.store,
            self.identity_key_source,
            store_dead_letter,
            self.limits,
            self.clock,
            self.report_error,
            record_warnings,
            ReadingRules(load_config("feeds", FeedsConfig).meta_ads, self.privacy),
        )

    @cached_property
    def field_maps(self) -> "FieldMapSource":
        """The field maps by which senders may ask for their rows to be read."""
        from brain.domain.feeds.field_maps import FeedsConfig
        from brain.services.gateway.field_map_source import FieldMapSource

        return FieldMapSource(self.store, lambda: load_config("feeds", FeedsConfig).field_maps)

    @cached_property
    def ga4_properties(self) -> "Ga4Properties":
        """The GA4 properties of clients that have only one."""
        from brain.services.gateway.ga4_properties import Ga4Properties

        return Ga4Properties(self.store)

    @cached_property
    def privacy(self) -> "PrivacyConfig":
        """Which spellings are one person."""
        from brain.domain.privacy.spellings import PrivacyConfig

        return load_config("brain_privacy", PrivacyConfig)

    @cached_property
    def sealer(self) -> "Sealer":
        """Encrypts the bodies of dead letters."""
        from brain.adapters.fernet import FernetSealer

        return FernetSealer(self.secrets)

    @cached_property
    def retry_policy(self) -> "RetryPolicy":
        """The schedule of automatic retries of dead letters."""
        from brain.domain.gateway.dead_letters import RetryPolicy

        return load_config("brain_dead_letters", RetryPolicy)

    @cached_property
    def give_up(self) -> "GiveUp":
        """The service that keeps a failed task as a dead letter."""
        from brain.services.jobs.give_up import GiveUp

        return GiveUp(self.store, self.sealer, self.clock, self.retry_policy)

    @cached_property
    def quarantine(self) -> "QuarantineEvent":
        """The service that keeps an event that cannot be scored as a dead letter."""
        from brain.services.jobs.quarantine import QuarantineEvent

        return QuarantineEvent(self.store, self.sealer, self.clock, self.report_error)

    @cached_property
    def replay(self) -> "ReplayDeadLetter":
        """The service that replays dead letters."""
        from brain.services.gateway.replay_dead_letter import ReplayDeadLetter

        return ReplayDeadLetter(self.store, self.sealer, self.ingest, self.perform, self.clock)

    @cached_property
    def authenticator(self) -> "Authenticator":
        """The service that identifies the owner of an API key."""
        from brain.services.gateway.api_keys import Authenticator

        return Authenticator(self.store, self.clock)

    @cached_property
    def verify_sender(self) -> "VerifySender":
        """The service that verifies which provider signed a request."""
        from brain.adapters.key_sets import HttpKeySets
        from brain.domain.senders.signatures.senders_config import SendersConfig
        from brain.services.gateway.sender_secrets import SenderSecrets
        from brain.services.gateway.verify_sender import VerifySender

        config = load_config("brain_senders", SendersConfig)
        secrets = SenderSecrets(self.secrets, self.clock, self.report_error)
        keys = HttpKeySets(self.clock)
        return VerifySender(config, secrets, keys, self.store, self.writer, self.clock, self.report_error)

    @cached_property
    def key_ring(self) -> "KeyRing":
        """The service that manages API keys."""
        from brain.services.gateway.api_keys import KeyRing

        return KeyRing(self.store, self.clock, os.urandom)

    @cached_property
    def health(self) -> "Health":
        """The health of this instance."""
        from brain.services.jobs.health import Health

        return Health(self.store, self.clock, self.score_config)

    def dispatch(self, queue: "TaskQueue") -> "Dispatch":
        """Return the service that dispatches scheduled jobs into ``queue``."""
        from brain.bootstrap.queues import build_dispatch

        return build_dispatch(self, queue)

    def enqueue_runs(self, queue: "TaskQueue") -> "EnqueueRuns":
        """Return the service that records runs and enqueues their tasks into ``queue``."""
        from brain.bootstrap.queues import build_enqueue_runs

        return build_enqueue_runs(self, queue)

    @cached_property
    def perform(self) -> "Perform":
        """The worker, which performs tasks."""
        from brain.bootstrap.jobs import build_jobs
        from brain.services.jobs.perform import Perform

        return Perform(self.store, self.clock, build_jobs(self))

    @cached_property
    def run_job(self) -> "RunJob":
        """The service that runs a job for all its clients in this process."""
        from brain.services.jobs.run_job import RunJob

        return RunJob(self.dispatch, self.perform, self.report_error)

    def cloud_tasks(self) -> "TaskQueue":
        """Return the deployed queues in front of the worker."""
        from brain.bootstrap.queues import open_cloud_tasks

        return open_cloud_tasks(self.settings)

    def score_config(self) -> "ScoringConfig":
        """Return the constants of the score."""
        from brain.domain.scoring import ScoringConfig

        return load_config("brain_scoring", ScoringConfig)

    def report_error(self, part: str, error: Exception) -> None:
        """Log that ``part`` failed while the rest of the work went on."""
        self.log("part_failed", error=error, part=part)


def build_brain(
    settings: Settings | None = None, *, clock: Clock | None = None, secrets: Secrets | None = None
) -> Brain:
    """Return the Brain for these settings, by default those of the environment.

    Raises:
        MisconfiguredError: BRAIN_STORE is invalid.
    """
    settings = settings or read_settings()
    clock = clock or SystemClock()
    return Brain(settings, clock, secrets or open_secrets(settings, clock), open_document_store(settings, clock))


@dataclass(slots=True)
class _ProcessState:
    lock: threading.Lock
    brain: Brain | None = None


_process = _ProcessState(threading.Lock())


def get_brain() -> Brain:
    """Return the Brain of this process, built from the environment on first use."""
    with _process.lock:
        if _process.brain is None:
            _process.brain = build_brain()
            atexit.register(_release_shares, _process.brain)
        return _process.brain


def _release_shares(brain: Brain) -> None:
    """Release the leased budgets at exit, so that the next process need not wait for their expiry."""
    if "limits" in vars(brain):
        brain.limits.release_shares(brain.report_error)
