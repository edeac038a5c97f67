"""Probes of learning: folding outcomes, fitting and judging models, pooling clients, and the value of a policy."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.bootstrap import Brain
from brain.domain.clients.client import Client
from brain.domain.events import Event, FeedType
from brain.domain.jobs.steps import ALL_CLIENTS, DAILY_ANALYSIS, HOURLY_SCORES, LEARNING
from brain.domain.learning.challenger import fit_challenger
from brain.domain.learning.config import LearningConfig
from brain.domain.learning.outcome_rule import MoveType
from brain.domain.learning.outcomes import COMPONENTS, ScoreOutcome
from brain.domain.learning.own_weights import OwnWeights, update_own_weights
from brain.domain.learning.promotion import PromotionDecision
from brain.domain.learning.score_model import ScoreModel, conclude_trial, initial_model, start_trial
from brain.domain.learning.state import initial_state
from brain.domain.learning.trial import Trial, observe_outcomes
from brain.domain.learning.weight_pooling import WeightPriors, fit_priors
from brain.domain.learning.weight_update import fold_outcomes
from brain.ports.task_queue import Task
from brain.repositories import codec, paths
from brain.repositories.clients import Clients
from brain.repositories.gateway import ingest_counters
from brain.settings.files import load_config
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.memory_brain import build_memory_brain
from brain.testing.simulations.outcomes import TRUTH, simulate_outcomes

START = datetime(2026, 1, 1, tzinfo=UTC)
HALF = dict.fromkeys(COMPONENTS, 0.5)
TRIPLE = dict.fromkeys(COMPONENTS, 3.0)


def _load() -> LearningConfig:
    return load_config("brain_learning", LearningConfig)


def _simulate(count: int, truth: Mapping[str, float], **options: Any) -> Sequence[ScoreOutcome]:
    """Return simulated outcomes, which are the same for the same arguments and made only once."""
    return _simulate_once(count, tuple(truth.items()), tuple(options.items()))


@cache
def _simulate_once(
    count: int, truth: tuple[tuple[str, float], ...], options: tuple[tuple[str, Any], ...]
) -> tuple[ScoreOutcome, ...]:
    return tuple(simulate_outcomes(count, dict(truth), **dict(options)))


# ---- weights, step, drift, move_weights: what one outcome after another changes


def probe_folding() -> object:
    """Fold outcomes of small, large and huge errors, of every type of move, and a great many of them."""
    config = _load()
    states = [fold_outcomes(initial_state(config), outcomes, config) for outcomes in _list_outcome_sets()]
    return [(state.weights, state.average_error) for state in states]


def _list_outcome_sets() -> list[Sequence[ScoreOutcome]]:
    sets = [_simulate(120, truth, noise=noise) for truth, noise in ((TRUTH, 0.1), (HALF, 0.05), (TRIPLE, 2.0))]
    sets += [_simulate(40, TRUTH, move=move) for move in MoveType]
    return sets


def probe_long_folding() -> object:
    """Fold outcomes after a hundred thousand others, when the learning rate has fallen to its floor."""
    config = _load()
    state = replace(initial_state(config), outcomes=100_000)
    return [fold_outcomes(state, outcomes, config).weights for outcomes in _list_outcome_sets()]


def probe_bounds() -> object:
    """Fold outcomes whose errors push every weight to its bounds."""
    config = _load()
    high, low = dict.fromkeys(COMPONENTS, 60.0), dict.fromkeys(COMPONENTS, -60.0)
    return [fold_outcomes(initial_state(config), _simulate(150, truth), config).weights for truth in (high, low)]


# ---- challenger, pooling: the learning job with several clients


def probe_learning_job() -> object:
    """Learn from the outcomes of six clients in three runs, and return the model, what clients share, and the rest."""
    brain = build_memory_brain(ManualClock(START + timedelta(days=5)))
    brain.log = lambda *_, **__: None
    figures = [_learn(brain, run) for run in range(3)]
    collections = [f"clients/client-{number}/state" for number in range(6)] + ["system/brain/models"]
    snapshots = [snapshot for collection in collections for snapshot in brain.store.query(collection)]
    return figures, {snapshot.path: _drop_policies(snapshot.data) for snapshot in snapshots}


def _learn(brain: Brain, run: int) -> object:
    now = START + timedelta(days=5 + run, hours=6)
    for number in range(6):
        client_id = f"client-{number}"
        Clients(brain.store).put(Client(client_id, client_id, ("agency", "d2c")[number % 2]))
        for outcome in _simulate_client(number, 4.0)[40 * run : 40 * run + (40 if number < 5 else 6)]:
            document = outcome.to_document() | {"learn_at": outcome.recorded_at}
            brain.store.set(paths.outcome(client_id, outcome.outcome_id), document)
        for mark in ingest_counters.build_activity_marks(client_id, now - timedelta(days=1)):
            brain.store.set(mark.path, mark.data, merge=True)
    return brain.perform(Task(LEARNING, ALL_CLIENTS, now, now))


def _simulate_client(number: int, factor: float = 1.0) -> Sequence[ScoreOutcome]:
    """Return outcomes of a client whose true weights are near those of the others, times a factor."""
    truth = {name: factor * weight + 0.1 * (number - 2) for name, weight in TRUTH.items()}
    return _simulate(120, truth, noise=0.2, seed=number, client=f"client-{number}")


def _drop_policies(document: Any) -> Any:
    """Return a document without the copies of the settings themselves."""
    if isinstance(document, Mapping):
        return {name: _drop_policies(content) for name, content in document.items() if name != "policy"}
    return [_drop_policies(content) for content in document] if isinstance(document, list) else document


def probe_pooling() -> object:
    """Fit the priors that clients share, and the own weights of a client under them."""
    config = _load()
    results = []
    for clients in (3, 4, 5, 7, 8):
        owns = [_learn_own(_simulate_client(number), config) for number in range(clients)]
        estimates = [own.estimate(f"client-{number}", config) for number, own in enumerate(owns)]
        priors = fit_priors([estimate for estimate in estimates if estimate], config)
        results.append((priors, _learn_own(_simulate_client(clients), config, priors).pooled))
    short = [_learn_own(_simulate_client(0)[:count], config) for count in (10, 19, 20, 25, 35)]
    return results, [own.estimate("client-0", config) for own in short]


def _learn_own(
    outcomes: Sequence[ScoreOutcome], config: LearningConfig, priors: WeightPriors | None = None
) -> OwnWeights:
    shared = initial_state(config).weights
    priors = priors or fit_priors([], config)
    own = OwnWeights(vertical="agency")
    for start in range(0, len(outcomes), 30):
        now = outcomes[start].recorded_at
        own = update_own_weights(own, outcomes[start : start + 30], shared, priors, now, lambda _: (), config)
    return own


def probe_challenger() -> object:
    """Fit challengers to outcomes that the champion explains well, badly, and hardly worse than others."""
    config = _load()
    champion = initial_state(config)
    sets = [_simulate(count, TRUTH, noise=0.3) for count in (9, 30, 300)]
    # Outcomes for which each of the penalties is the best one, from 1 to 300.
    cases = ((100, 0.3, 0), (100, 0.05, 3), (100, 0.03, 8), (100, 0.03, 2), (100, 0.03, 0), (200, 0.03, 2))
    sets += [_simulate(count, dict.fromkeys(COMPONENTS, 1 + gain), noise=0.3, seed=seed) for count, gain, seed in cases]
    sets += [_simulate(100, TRUTH, noise=0.3, move=move) for move in MoveType]
    sets += [(*sets[1], *_simulate(100, TRIPLE, first=200, move=move)) for move in MoveType]
    return [fit_challenger(outcomes, champion, config) for outcomes in sets]


# ---- promotion, rollback, own_weights: when one model is believed to be better than another


def probe_promotion() -> object:
    """Compare two models with ``brain compare``, of which one is better by a little, by more, or not at all."""
    cases = ((0.8, 0.2), (0.94, 0.2), (0.968, 0.2), (0.97, 2.0), (1.0, 0.2))
    return [run_command("compare", "-", "--json", input=_write_errors(*case)) for case in cases]


@cache
def _write_errors(factor: float, spread: float) -> str:
    rng = random.Random(1)  # noqa: S311 - a simulation
    errors = [abs(rng.gauss(0, 1)) for _ in range(1500)]
    lines = [f"{error:.6f},{error * factor * abs(rng.gauss(1, spread)):.6f}" for error in errors]
    return "\n".join(["champion_error,challenger_error", *lines])


def probe_rollback() -> object:
    """Let the model that was replaced shadow the new one, when it was better, hardly better, or worse."""
    config = _load()
    watch = conclude_trial(_build_promoted_model(config), _build_promoted_trial(config), START, config).watch
    assert watch
    results = []
    for truth in (1.0, 0.98, 0.5):
        trial = watch
        for outcomes in _split(_simulate(700, dict.fromkeys(COMPONENTS, truth), noise=0.3, first=10)):
            trial, _ = observe_outcomes(trial, outcomes, dict.fromkeys(COMPONENTS, 0.96), ())
            results.append(trial.comparison.verdict())
    return results


def _build_promoted_model(config: LearningConfig) -> ScoreModel:
    state = replace(initial_state(config), cursors={"acme": (START, "o")})
    return replace(initial_model(config), state=state)


def _build_promoted_trial(config: LearningConfig) -> Trial:
    """Return the trial of a challenger that won."""
    challenger = fit_challenger(_simulate(300, TRUTH, noise=0.3), initial_state(config), config)
    assert challenger
    trial = start_trial(_build_promoted_model(config), challenger, lambda _: (), config).trial
    assert trial
    return replace(trial, comparison=replace(trial.comparison, decision=PromotionDecision.PROMOTE))


def probe_own_weights() -> object:
    """Compare a client's own weights with the shared ones, which are worse or hardly worse."""
    config = _load()
    priors = fit_priors([], config)
    results = []
    for truth in (0.4, 0.97):
        own, shared = OwnWeights(vertical="agency"), initial_state(config).weights
        for outcomes in _split(_simulate(700, dict.fromkeys(COMPONENTS, truth), noise=0.3)):
            own = update_own_weights(own, outcomes, shared, priors, START, lambda _: (), config)
            verdict = own.comparison.verdict() if own.comparison else None
            results.append((own.proven, own.last_comparison, verdict))
    return results


def _split(outcomes: Sequence[ScoreOutcome]) -> Iterator[Sequence[ScoreOutcome]]:
    for start in range(0, len(outcomes), 30):
        yield outcomes[start : start + 30]


# ---- policy_evaluation


def probe_policy_evaluation() -> object:
    """Evaluate policies with ``brain evaluate-policy`` on logs of several lengths."""
    cases = ((60, 0.9), (99, 0.6), (101, 0.6), (120, 0.9), (400, 0.55), (400, 0.99), (2000, 0.9))
    return [run_command("evaluate-policy", "-", "--json", input=_write_log(*case)) for case in cases]


@cache
def _write_log(rows: int, target: float) -> str:
    """Return decisions between two actions; ``target`` is the probability of the one that earns more."""
    rng = random.Random(rows)  # noqa: S311 - a simulation
    lines = []
    for _ in range(rows):
        action = rng.random() < 0.3
        reward = rng.gauss(1.2 if action else 1.0, 0.6)
        lines.append(f"{action:d},{reward:.5f},{0.3 if action else 0.7},{target if action else 1 - target:.5f}")
    return "\n".join(["action,reward,propensity,target_probability", *lines])


# ---- outcomes: which content becomes an outcome, and when


@dataclass(frozen=True)
class Counting:
    """Counters of a post that become known at a time, first or once more."""

    known_at: datetime
    event: Event
    is_first: bool


def probe_outcomes() -> object:
    """Count posts early and again later, score them twice a day, and record their outcomes each morning."""
    brain = build_memory_brain(ManualClock(START))
    brain.log = lambda *_, **__: None
    Clients(brain.store).put(Client("acme", "Acme", "agency"))
    pending = sorted(_simulate_countings(), key=lambda counting: counting.known_at)
    for hours in range(0, 9 * 24, 24):
        for job, hour in ((HOURLY_SCORES, 2), (DAILY_ANALYSIS, 6), (HOURLY_SCORES, 18)):
            now = START + timedelta(hours=hours + hour)
            for counting in [counting for counting in pending if counting.known_at <= now]:
                pending.remove(counting)
                _store(brain, counting)
            brain.clock.time = now  # type: ignore[attr-defined]
            brain.perform(Task(job, "acme", now, now))
    snapshots = [s for name in ("outcomes", "scores") for s in brain.store.query(f"clients/acme/{name}")]
    return {snapshot.path: snapshot.data for snapshot in snapshots}


@cache
def _simulate_countings() -> list[Counting]:
    """Return posts on platforms that mature quickly and slowly, counted again after different shares of the way."""
    rng = random.Random(4)  # noqa: S311 - a simulation
    countings = []
    for day in range(9):
        for number in range(16):
            platform = ("twitter", "email", "mastodon", "linkedin")[number % 4] if day else "linkedin"
            at = START + timedelta(days=day, hours=(17, 16.5, 1, 0.5)[number % 4], minutes=number)
            post = Event(
                event_id=f"p{day}-{number}",
                client_id="acme",
                feed_type=FeedType.CUSTOM,
                occurred_at=at,
                received_at=at + timedelta(minutes=10),
                platform=platform,
                engagements=30 + rng.randrange(60),
                audience_size=5000,
            )
            hours = {"twitter": 10.5, "email": 4.6, "mastodon": 23.0, "linkedin": 168.0}[platform]
            later = at + timedelta(hours=hours * (0.45, 0.55, 0.7, 0.8, 0.9)[(number + day) % 5])
            grown = replace(post, engagements=(post.engagements or 0) * 2 + rng.randrange(60), received_at=later)
            countings += [Counting(post.received_at, post, True), Counting(later, grown, False)]
    return countings


def _store(brain: Brain, counting: Counting) -> None:
    """Store an event, or new counters of one, as ingest does."""
    event = counting.event
    path = paths.event("acme", event.event_id)
    if not counting.is_first:
        brain.store.update(path, codec.event_to_document(event) | {"revision": 1, "unscored": True})
        return
    brain.store.set(path, codec.new_event_to_document(event, f"content of {event.event_id}", cumulative=True))
    for mark in ingest_counters.build_activity_marks("acme", event.received_at):
        brain.store.set(mark.path, mark.data, merge=True)


FILES = (
    SettingsFile(
        "brain_learning",
        LearningConfig,
        {
            "weights.m*": [probe_bounds],
            "step.rate_floor": [probe_long_folding],
            "step.limit": [probe_bounds],
            "outcomes.*": [probe_outcomes],
            "pooling.*": [probe_pooling],
            "challenger.every_outcomes": [probe_learning_job],
            "challenger.fitted_to": [probe_learning_job],
            "challenger.*": [probe_challenger],
            "promotion.*": [probe_promotion],
            "rollback.*": [probe_rollback],
            "own_weights.*": [probe_own_weights],
            "policy_evaluation.*": [probe_policy_evaluation],
            "*": [probe_folding],
        },
        values={
            "maximum_observations": [300],
            "promotion.maximum_observations": [600],
            "rollback.minimum_improvement": [0.05],
            "policy_evaluation.level": [0.9],
            "policy_evaluation.verdict_level": [0.9],
            "challenger.every_outcomes": [5000],
            "challenger.fitted_to": [50],
            "outcomes.usual.coverage": [0.9],
            "outcomes.usual.kinds": [1],
            "outcomes.usual.remembered": [10],
            "outcomes.minimum_wait_minutes": [600],
        },
    ),
)
