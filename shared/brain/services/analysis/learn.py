"""Learn the score's model from all clients' outcomes: one leased writer, one batch per atomic commit.

A batch's model, history, evidence, decisions and clients' own weights, with their cursors, are written together, the
model at the version at which it was read. A worker that meets another's write starts again from what is stored. The
time limit is checked before every call to the store; what was not committed by then is done again by the next attempt.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from brain.domain.jobs.steps import ACTIVE_WINDOW
from brain.domain.learning.challenger import fit_challenger
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcomes import ScoreOutcome
from brain.domain.learning.own_weights import own_weights_from_document, update_own_weights
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
from brain.errors import AlreadyExistsError, ConflictError
from brain.ports.document_store import Document, DocumentStore, Version, Write
from brain.repositories.analysis.models import Models, decision_write, evidence_write, history_write, priors_write
from brain.repositories.analysis.state import CLIENTS_PER_READ, LEARNING, StateDocument, StateDocuments
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.analysis.latest_outcomes import LatestOutcomes
from brain.services.analysis.learning_cursors import load_cursors
from brain.services.analysis.outcome_backlog import ClientOutcomes, LearningClient, OutcomeBacklog
from brain.services.analysis.time_limit import OutOfTimeError, check_time
from brain.services.jobs.lease import Figures, Lease

PAGE_SIZE = 200
BATCH_OUTCOMES = 1000


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
        run = _LearningRun(self, lease)
        try:
            return run.learn()
        except OutOfTimeError:
            return lease.stop(run.figures)


@dataclass(slots=True)
class _LearningRun:
    """One attempt at a run; its checkpoint are the figures alone, since every batch writes its clients' cursors."""

    job: Learn
    lease: Lease
    figures: dict[str, int] = field(init=False)

    def __post_init__(self) -> None:
        self.figures = {"outcomes": 0, "batches": 0, "decisions": 0, **self.lease.checkpoint}

    def learn(self) -> Figures:
        """Learn from every new outcome, fit the priors if there was any, and end the run."""
        job, now = self.job, self.lease.scheduled_at
        counters = IngestCounters(job.store)
        client_ids = counters.active_in_weeks(now - ACTIVE_WINDOW, now)
        check_time(self.lease)
        silent_ids = counters.active_in_weeks(now - CURSOR_RETENTION - ACTIVE_WINDOW, now - ACTIVE_WINDOW)
        models = Models(job.store, job.config)
        priors = models.load_priors()
        model, model_document = models.load_score_model()
        former = model.state.cursors
        cursors = load_cursors(job.store, [*client_ids, *silent_ids], former, self.lease, self.figures)
        model = replace(model, state=replace(model.state, cursors=cursors))
        backlog = OutcomeBacklog(
            job.store,
            job.config.outcomes,
            self.lease,
            deque(client_ids),
            dict(cursors),
            job.page_size,
            job.batch_outcomes,
        )
        latest = LatestOutcomes(job.store, job.config.outcomes, self.lease, job.config.challenger.fitted_to)
        while batch := backlog.read_batch():
            latest.add(batch, backlog.find_unfinished(), len(backlog.cursors))
            update = _BatchUpdate(job, models, latest, model, batch, now)
            model = self._commit(update, priors, model_document)
        return self._finish(client_ids)

    def _commit(self, update: "_BatchUpdate", priors: WeightPriors, model_document: StateDocument) -> ScoreModel:
        """Write a batch and return the model after it; its documents are then at the versions of this write."""
        shared = update.model
        writes = update.apply()
        own_documents = [
            (client.document, self._update_own_weights(client, outcomes, shared, priors))
            for client, outcomes in update.batch
        ]
        figures = {
            "outcomes": self.figures["outcomes"] + sum(len(outcomes) for _, outcomes in update.batch),
            "batches": self.figures["batches"] + 1,
            "decisions": self.figures["decisions"] + update.decisions,
        }
        model_write = model_document.write(update.model.to_document(self.job.config))
        own_writes = [document.write(own_weights) for document, own_weights in own_documents]
        check_time(self.lease)
        model_document.version, *versions = _commit(self.lease, [model_write, *writes, *own_writes], figures)
        own_versions = versions[len(writes) :]
        for (document, own_weights), version in zip(own_documents, own_versions, strict=True):
            document.version, document.data = version, dict(own_weights)
        self.figures = figures
        return update.model

    def _update_own_weights(
        self, client: LearningClient, outcomes: Sequence[ScoreOutcome], model: ScoreModel, priors: WeightPriors
    ) -> Document:
        """Return the document of a client's own weights after its outcomes in a batch."""
        job = self.job
        own_weights = replace(own_weights_from_document(client.document.data), vertical=client.vertical)
        shared = model.select_weights(client.client_id, job.config)
        updated = update_own_weights(
            own_weights, outcomes, shared, priors, self.lease.scheduled_at, job.gold, job.config
        )
        return updated.to_document()

    def _finish(self, client_ids: Sequence[str]) -> Figures:
        """Fit the shared priors if anything was learned, and end the run."""
        if not self.figures["outcomes"]:
            return self.lease.finish([], self.figures)
        estimates: list[ClientEstimate] = []
        for start in range(0, len(client_ids), CLIENTS_PER_READ):
            check_time(self.lease)
            page = StateDocuments(self.job.store).read_many(client_ids[start : start + CLIENTS_PER_READ], LEARNING)
            estimates += [
                estimate
                for client_id, (document,) in page.items()
                if (estimate := own_weights_from_document(document.data).estimate(client_id, self.job.config))
            ]
        priors = fit_priors(estimates, self.job.config)
        return self.lease.finish([priors_write(priors, len(estimates))], self.figures)


@dataclass(slots=True)
class _BatchUpdate:
    """The update of the model by one batch: evidence, learning, decisions, and perhaps a new challenger."""

    job: Learn
    models: Models
    latest: LatestOutcomes
    model: ScoreModel
    batch: Sequence[ClientOutcomes]
    now: datetime
    decisions: int = field(default=0, init=False)

    def apply(self) -> list[Write]:
        """Update ``model`` and return the batch's writes other than the model itself."""
        outcomes = [outcome for _, page in self.batch for outcome in page]
        update = update_model(self.model, outcomes, self.now, self.job.gold, self.job.config)
        self.model = update.model
        writes = [evidence_write(trial, pairs) for trial, pairs in update.evidence]
        writes += self._decide(update)
        if update.challenger_due and self.model.trial is None:
            self._start_trial()
        self.model = publish_weights(self.model, self.now, self.job.gold)
        return [history_write(self.model, {client.client_id: page for client, page in self.batch}), *writes]

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
        challenger = fit_challenger(self.latest.select(self.model.state.cursors), self.model.state, config)
        if challenger:
            self.model = start_trial(self.model, challenger, self.job.gold, config)


def _commit(lease: Lease, writes: Sequence[Write], figures: Figures) -> list[Version]:
    """Write a batch, with the model first, and return the version of each document."""
    try:
        return lease.commit(writes, figures)
    except AlreadyExistsError as exc:
        raise ConflictError("another worker created the model at the same time; the run starts again from it") from exc
