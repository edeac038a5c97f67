"""Learn the score's model from all clients' outcomes: one leased writer, one batch per atomic commit.

A batch's model, history, evidence, decisions and clients' own weights are written together, the model at the version at
which it was read. A worker that meets another's write starts again from what is stored.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from brain.domain.jobs.steps import ACTIVE_WINDOW
from brain.domain.learning.challenger import fit_challenger
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import ScoreOutcome
from brain.domain.learning.own_weights import UNKNOWN_VERTICAL, own_weights_from_document, update_own_weights
from brain.domain.learning.promotion_record import DecisionRecord, ErrorPair, record_decision
from brain.domain.learning.score_model import (
    CURSOR_RETENTION,
    GoldCheck,
    ModelUpdate,
    ScoreModel,
    conclude_trial,
    publish_weights,
    start_trial,
    update_model,
)
from brain.domain.learning.trial import Trial
from brain.domain.learning.weight_pooling import ClientEstimate, WeightPriors, fit_priors
from brain.domain.types import to_key_name
from brain.errors import AlreadyExistsError, ConflictError
from brain.ports.document_store import DocumentStore, Version, Write
from brain.repositories.analysis.models import Models, decision_write, evidence_write, history_write, priors_write
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import LEARNING, StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.jobs.lease import Figures, Lease

PAGE_SIZE = 200
BATCH_OUTCOMES = 1000
BATCH_CLIENTS = 300
LATEST_OVERSAMPLING = 3
"""At most two in three outcomes are read in vain when the latest of all clients are selected."""

OutcomeBatch = dict[str, list[ScoreOutcome]]


@dataclass(slots=True)
class Learn:
    """Learns from all outcomes recorded since the last run, then fits the priors that clients share."""

    store: DocumentStore
    config: LearningConfig
    gold: GoldCheck
    page_size: int = PAGE_SIZE
    batch_outcomes: int = BATCH_OUTCOMES

    def __call__(self, lease: Lease) -> Figures:
        """Learn until no outcome is new or the time is nearly up.

        Raises:
            MisconfiguredError: A stored model is invalid; nothing is learned then.
        """
        clients = IngestCounters(self.store).active_in_weeks(lease.scheduled_at - ACTIVE_WINDOW, lease.scheduled_at)
        figures = {"outcomes": 0, "batches": 0, "decisions": 0, **lease.checkpoint}
        models = Models(self.store, self.config)
        priors, pending_clients = models.load_priors(), list(clients)
        model, model_document = models.load_score_model()
        while batch := self._read_batch(pending_clients, model, lease.scheduled_at):
            if lease.out_of_time():
                return lease.stop(figures)
            update = _BatchUpdate(self, models, model, batch, lease.scheduled_at)
            writes = [*update.apply(), *self._update_own_weights(model, batch, priors, lease)]
            figures = {
                "outcomes": figures["outcomes"] + sum(map(len, batch.values())),
                "batches": figures["batches"] + 1,
                "decisions": figures["decisions"] + update.decisions,
            }
            model = update.model
            model_write = model_document.write(model.to_document(self.config))
            model_document.version = _commit(lease, [model_write, *writes], figures)
        return self._finish(lease, clients, figures)

    def _read_batch(self, pending_clients: list[str], model: ScoreModel, now: datetime) -> OutcomeBatch:
        """Return the next outcomes of some clients, without gaps; clients without more leave ``pending_clients``."""
        outcomes = Outcomes(self.store, self.config.outcomes)
        batch: OutcomeBatch = {}
        while pending_clients and len(batch) < BATCH_CLIENTS:
            client_id = pending_clients[0]
            limit = min(self.page_size, self.batch_outcomes - sum(map(len, batch.values())))
            cursor = model.state.cursors.get(client_id, (now - CURSOR_RETENTION, ""))
            page = outcomes.list_recorded(client_id, cursor, limit) if limit else []
            if page:
                batch[client_id] = page
            if len(page) == limit:
                break
            pending_clients.pop(0)
        return batch

    def _update_own_weights(
        self, model: ScoreModel, batch: OutcomeBatch, priors: WeightPriors, lease: Lease
    ) -> list[Write]:
        """Return the writes of the own weights of the batch's clients, each from its own outcomes."""
        writes = []
        for client_id, outcomes in batch.items():
            (state,) = StateDocuments(self.store).read(client_id, LEARNING)
            vertical = to_key_name(Clients(self.store).get(client_id).vertical or UNKNOWN_VERTICAL)
            own_weights = replace(own_weights_from_document(state.data), vertical=vertical)
            shared = model.select_weights(client_id, self.config)
            updated = update_own_weights(
                own_weights, outcomes, shared, priors, lease.scheduled_at, self.gold, self.config
            )
            writes.append(state.write(updated.to_document()))
        return writes

    def _finish(self, lease: Lease, clients: Sequence[str], figures: Mapping[str, int]) -> Figures:
        """Fit the shared priors if anything was learned, and end the run."""
        if not figures["outcomes"]:
            return lease.finish([], figures)
        estimates = [estimate for client_id in clients if (estimate := self._estimate_weights(client_id))]
        priors = fit_priors(estimates, self.config)
        return lease.finish([priors_write(priors, len(estimates))], figures)

    def _estimate_weights(self, client_id: str) -> ClientEstimate | None:
        (state,) = StateDocuments(self.store).read(client_id, LEARNING)
        return own_weights_from_document(state.data).estimate(client_id, self.config)


@dataclass(slots=True)
class _BatchUpdate:
    """The update of the model by one batch: evidence, learning, decisions, and perhaps a new challenger."""

    job: Learn
    models: Models
    model: ScoreModel
    batch: OutcomeBatch
    now: datetime
    decisions: int = field(default=0, init=False)

    def apply(self) -> list[Write]:
        """Update ``model`` and return the batch's writes other than the model itself."""
        outcomes = [outcome for page in self.batch.values() for outcome in page]
        update = update_model(self.model, outcomes, self.now, self.job.gold, self.job.config)
        self.model = update.model
        writes = [evidence_write(trial, pairs) for trial, pairs in update.evidence]
        writes += self._decide(update)
        if update.challenger_due and self.model.trial is None:
            self._start_trial()
        self.model = publish_weights(self.model, self.now, self.job.gold)
        return [history_write(self.model, self.batch), *writes]

    def _decide(self, update: ModelUpdate) -> list[Write]:
        """Conclude the decided trials, a rollback first, each with a record from which it can be replayed."""
        writes = []
        decided = [(trial, pairs) for trial, pairs in update.evidence if trial.is_decided]
        for trial, pairs in sorted(decided, key=lambda trial_and_pairs: trial_and_pairs[0].kind, reverse=True):
            record = self._build_record(trial, pairs)
            self.model = conclude_trial(self.model, trial, self.now, self.job.config)
            self.decisions += 1
            writes.append(decision_write(trial, record))
        return writes

    def _build_record(self, trial: Trial, newest_pairs: Sequence[ErrorPair]) -> DecisionRecord:
        stored_pairs = self.models.load_evidence(replace(trial, pages=trial.pages - 1))
        return record_decision(
            [*stored_pairs, *newest_pairs],
            trial.comparison.policy,
            kind=trial.kind,
            champion=trial.champion,
            challenger=trial.challenger,
            recorded_at=self.now,
            gold_failures=trial.comparison.gold_failures,
        )

    def _start_trial(self) -> None:
        config = self.job.config
        challenger = fit_challenger(self._list_latest_outcomes(), self.model.state, config)
        if challenger:
            self.model = start_trial(self.model, challenger, self.job.gold, config)

    def _list_latest_outcomes(self) -> list[ScoreOutcome]:
        """Return the latest outcomes of all clients together that were learned from."""
        outcomes = Outcomes(self.job.store, self.job.config.outcomes)
        limit = self.job.config.challenger.fitted_to
        cursors = self.model.state.cursors
        limit_per_client = min(limit, math.ceil(LATEST_OVERSAMPLING * limit / len(cursors)))
        latest = [
            outcome
            for client_id, cursor in cursors.items()
            for outcome in outcomes.list_latest(client_id, cursor, limit_per_client)
        ]
        latest.sort(key=lambda outcome: (outcome.recorded_at, outcome.client_id, outcome.outcome_id))
        return latest[-limit:]


def _commit(lease: Lease, writes: Sequence[Write], figures: Mapping[str, int]) -> Version:
    """Write a batch and return the version of its first document, the model."""
    try:
        return lease.commit(writes, figures)[0]
    except AlreadyExistsError as exc:
        raise ConflictError("another worker created the model at the same time; the run starts again from it") from exc
