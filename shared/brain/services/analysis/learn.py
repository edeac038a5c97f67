"""Folds the clients' outcomes into the score's model: one leased writer, a batch an atomic commit.

A batch's model, history, evidence, decisions and clients' own weights are written together, the model at the version
it was read. A worker that meets another's write starts again from what is there.
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
from brain.errors import AlreadyExistsError, ConflictError
from brain.ports.document_store import DocumentStore, Version, Write
from brain.repositories.analysis.models import Models, decision_write, evidence_write, history_write, priors_write
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.analysis.state import LEARNING, StateDocuments
from brain.repositories.clients import Clients
from brain.repositories.gateway.ingest_counters import IngestCounters
from brain.services.jobs.lease import Figures, Lease

PAGE = 200
BATCH_OUTCOMES = 1000
BATCH_CLIENTS = 300

Batch = dict[str, list[ScoreOutcome]]


@dataclass(slots=True)
class Learn:
    """Learns from all that was recorded since the last time, then says what clients have in common."""

    store: DocumentStore
    config: LearningConfig
    gold: GoldCheck
    page: int = PAGE
    batch_outcomes: int = BATCH_OUTCOMES

    def __call__(self, lease: Lease) -> Figures:
        """Fold until nothing is new or the time is nearly up.

        Raises:
            MisconfiguredError: a learned document cannot be read; nothing is learned then.
        """
        clients = IngestCounters(self.store).active_in_weeks(lease.scheduled_at - ACTIVE_WINDOW, lease.scheduled_at)
        figures = {"outcomes": 0, "batches": 0, "decisions": 0, **lease.checkpoint}
        models = Models(self.store, self.config)
        priors, waiting = models.load_priors(), list(clients)
        model, place = models.load_score_model()
        while batch := self._batch(waiting, model, lease.scheduled_at):
            if lease.out_of_time():
                return lease.stop(figures)
            iteration = _Iteration(self, models, model, batch, lease.scheduled_at)
            writes = [*iteration.writes(), *self._own(model, batch, priors, lease)]
            figures = {
                "outcomes": figures["outcomes"] + sum(map(len, batch.values())),
                "batches": figures["batches"] + 1,
                "decisions": figures["decisions"] + iteration.decisions,
            }
            entry = place.write(iteration.model.to_document(self.config))
            place.version, model = _commit(lease, [entry, *writes], figures), iteration.model
        return self._finish(lease, clients, figures)

    def _batch(self, waiting: list[str], model: ScoreModel, at: datetime) -> Batch:
        """Return the next outcomes of some clients, none with a gap; who has no more leaves ``waiting``."""
        outcomes = Outcomes(self.store, self.config.outcomes)
        batch: Batch = {}
        while waiting and len(batch) < BATCH_CLIENTS:
            client_id = waiting[0]
            limit = min(self.page, self.batch_outcomes - sum(map(len, batch.values())))
            cursor = model.state.cursors.get(client_id, (at - CURSOR_RETENTION, ""))
            found = outcomes.list_recorded(client_id, cursor, limit) if limit else []
            if found:
                batch[client_id] = found
            if len(found) == limit:
                break
            waiting.pop(0)
        return batch

    def _own(self, model: ScoreModel, batch: Batch, priors: WeightPriors, lease: Lease) -> list[Write]:
        """Return the writes of the own weights of the batch's clients, each from its own outcomes."""
        writes = []
        for client_id, found in batch.items():
            (state,) = StateDocuments(self.store).read(client_id, LEARNING)
            vertical = Clients(self.store).get(client_id).vertical or UNKNOWN_VERTICAL
            own = replace(own_weights_from_document(state.data), vertical=vertical)
            shared = model.select_weights(client_id, self.config)
            changed = update_own_weights(own, found, shared, priors, lease.scheduled_at, self.gold, self.config)
            writes.append(state.write(changed.to_document()))
        return writes

    def _finish(self, lease: Lease, clients: Sequence[str], figures: Mapping[str, int]) -> Figures:
        """Say what clients of a kind have in common, once anything was learned, and end the run."""
        if not figures["outcomes"]:
            return lease.finish([], figures)
        estimates = [e for client in clients if (e := self._estimate(client))]
        priors = fit_priors(estimates, self.config)
        return lease.finish([priors_write(priors, len(estimates))], figures)

    def _estimate(self, client_id: str) -> ClientEstimate | None:
        (state,) = StateDocuments(self.store).read(client_id, LEARNING)
        return own_weights_from_document(state.data).estimate(client_id, self.config)


@dataclass(slots=True)
class _Iteration:
    """One batch's way through the model: judged, learned from, decided, and perhaps challenged."""

    job: Learn
    models: Models
    model: ScoreModel
    batch: Batch
    at: datetime
    decisions: int = field(default=0, init=False)

    def writes(self) -> list[Write]:
        """Return the batch's writes beside the model itself, which is ``model`` then."""
        outcomes = [outcome for found in self.batch.values() for outcome in found]
        update = update_model(self.model, outcomes, self.at, self.job.gold, self.job.config)
        self.model = update.model
        writes = [evidence_write(trial, pairs) for trial, pairs in update.evidence]
        writes += self._decide(update)
        if update.challenger_due and self.model.trial is None:
            self._challenge()
        self.model = publish_weights(self.model, self.at, self.job.gold)
        return [history_write(self.model, self.batch), *writes]

    def _decide(self, update: ModelUpdate) -> list[Write]:
        """Conclude what the evidence decides, a rollback first, each with a record that replays."""
        writes = []
        decided = [(trial, pairs) for trial, pairs in update.evidence if trial.is_decided]
        for trial, pairs in sorted(decided, key=lambda found: found[0].kind, reverse=True):
            record = self._record(trial, pairs)
            self.model = conclude_trial(self.model, trial, self.at, self.job.config)
            self.decisions += 1
            writes.append(decision_write(trial, record))
        return writes

    def _record(self, trial: Trial, newest: Sequence[ErrorPair]) -> DecisionRecord:
        stored = self.models.load_evidence(replace(trial, pages=trial.pages - 1))
        return record_decision(
            [*stored, *newest],
            trial.comparison.policy,
            kind=trial.kind,
            champion=trial.champion,
            challenger=trial.challenger,
            recorded_at=self.at,
            gold_failures=trial.comparison.gold_failures,
        )

    def _challenge(self) -> None:
        config = self.job.config
        fitted = fit_challenger(self._latest(), self.model.state, config)
        if fitted:
            self.model = start_trial(self.model, fitted, self.job.gold, config)

    def _latest(self) -> list[ScoreOutcome]:
        """Return the latest outcomes that were learned from, of all clients together, at most two in three in vain."""
        source, most = Outcomes(self.job.store, self.job.config.outcomes), self.job.config.challenger.fitted_to
        cursors = self.model.state.cursors
        each = min(most, math.ceil(3 * most / len(cursors)))
        found = [o for client, cursor in cursors.items() for o in source.list_latest(client, cursor, each)]
        return sorted(found, key=lambda o: (o.recorded_at, o.client_id, o.outcome_id))[-most:]


def _commit(lease: Lease, writes: Sequence[Write], figures: Mapping[str, int]) -> Version:
    """Write a batch and return the version of its first document, the model."""
    try:
        return lease.commit(writes, figures)[0]
    except AlreadyExistsError as exc:
        raise ConflictError("the model was made by another worker just now; learn from what is there") from exc
