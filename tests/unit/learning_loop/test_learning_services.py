"""Learning in the service: planted and null worlds, two clients apart, broken documents, and what a run costs."""

import json
import random
from dataclasses import replace
from datetime import timedelta

import pytest

from brain.domain.jobs.steps import ALL_CLIENTS, LEARNING
from brain.domain.learning.challenger import mean_error
from brain.domain.learning.promotion_record import replay_decision
from brain.domain.learning.score_model import initial_model, model_from_document, update_model
from brain.domain.learning.serving_weights import select_weights
from brain.errors import AlreadyExistsError, MisconfiguredError
from brain.ports.document_store import Create
from brain.ports.task_queue import Task
from brain.repositories import paths
from brain.repositories.analysis.models import Models
from brain.repositories.analysis.outcomes import Outcomes
from brain.repositories.jobs.runs import Runs
from brain.services.analysis.learn import Learn
from brain.services.jobs.run_once import run_once
from brain.testing.faulty_store import FaultyStore
from brain.testing.simulations.agency import (
    GOLD,
    LEARNING_CONFIG,
    LIMIT,
    SCORING,
    START,
    read_learned_documents,
    read_model,
    revise_event,
    run_job,
    run_learning,
    simulate_agency,
    simulate_day,
    simulate_days,
    simulate_post,
)
from brain.testing.simulations.client import store_events

DAYS, POSTS, SLOPE = 14, 60, 0.5


def outcomes_of(store, client="acme"):
    """Return all outcomes of a client, in the order in which they were recorded."""
    return Outcomes(store, LEARNING_CONFIG.outcomes).list_recorded(client, None, 10_000)


def plain(documents):
    """Return documents as text, to compare byte by byte."""
    return json.dumps(documents, sort_keys=True, default=str)


@pytest.fixture(scope="module")
def planted():
    """A client whose early engagement carries half as far as the score's definition says."""
    return simulate_agency(days=DAYS, posts=POSTS, slope=SLOPE)[0]


@pytest.fixture(scope="module")
def null():
    """A client whose early engagement carries exactly as far as the definition says."""
    return simulate_agency(days=DAYS, posts=POSTS)[0]


@pytest.mark.slow
def test_in_a_planted_world_weights_move_to_the_truth_and_the_error_falls(planted):
    """Only what varied is learned: the rest stays as defined, and so does age, of which no outcome speaks."""
    weights = read_model(planted)["state"]["weights"]
    assert weights["engagement"] == pytest.approx(SLOPE, abs=0.06)
    assert {weights[name] for name in ("impressions", "authenticity", "quality", "temporal")} == {1.0}
    last = outcomes_of(planted)[-200:]
    assert mean_error(last, weights) < 0.8 * mean_error(last, initial_model(LEARNING_CONFIG).state.weights)


def test_in_a_planted_world_a_challenger_is_promoted_by_a_decision_that_replays(planted):
    """From the stored pages of evidence anyone comes to the same bytes."""
    models = Models(planted, LEARNING_CONFIG)
    (decision,) = planted.query(f"{paths.model('score')}/decisions")
    record = models.load_decision(decision.id)
    assert record.verdict.decision == "promote"
    assert record.verdict.improvement >= 0.03
    pages = [page.data for page in planted.query(f"{decision.path}/evidence")]
    pairs = [pair for page in pages for pair in zip(page["champion"], page["challenger"], strict=True)]
    assert len(pages) == decision.data["pages"]
    assert replay_decision(record, pairs).to_bytes() == record.to_bytes()
    assert read_model(planted)["watch"]["challenger"].startswith("learned-"), "the old champion shadows the new"
    assert models.load_decision("never-taken") is None


def test_scores_name_the_weights_they_used(planted):
    """The defaults on the first day; the client's own ones at last, which it alone was learned from."""
    versions = {s.id: s.data["weights_version"] for s in planted.query(paths.scores("acme"))}
    assert versions["p0-0"] == "default"
    assert versions[f"p{DAYS - 1}-0"].startswith("own-")


def test_every_iteration_is_kept_and_follows_from_its_outcomes(planted):
    """Learning again from the stored outcomes, batch by batch, gives the weights of each day until the promotion."""
    history = [s.data for s in planted.query(f"{paths.model('score')}/history")]
    assert [iteration["version"] for iteration in history] == sorted({iteration["version"] for iteration in history})
    replayed_model, start = initial_model(LEARNING_CONFIG), 0
    recorded = outcomes_of(planted)
    for iteration in history[:8]:
        count = iteration["learned"]["acme"]["outcomes"]
        batch, start = recorded[start : start + count], start + count
        replayed_model = update_model(replayed_model, batch, iteration["learned_at"], GOLD, LEARNING_CONFIG).model
        assert (replayed_model.state.weights, replayed_model.state.average_error) == (
            iteration["weights"],
            iteration["average_error"],
        )


@pytest.mark.slow
def test_in_a_null_world_weights_stay_and_nothing_is_promoted(null):
    """Neither a challenger nor the client's own weights; noise is not believed."""
    weights = read_model(null)["state"]["weights"]
    assert all(abs(weight - 1) < 0.06 for weight in weights.values())
    assert [duel for duel in read_model(null)["duels"] if duel["decision"] == "promote"] == []
    assert null.query(f"{paths.model('score')}/decisions") == []
    assert null.get(paths.state("acme", "learning")).data["serves"] is False


@pytest.mark.parametrize("fixture", ["planted", "null"])
def test_intervals_hold_what_comes_as_often_as_they_say(fixture, request):
    """80 % of 800, give or take."""
    store = request.getfixturevalue(fixture)
    weeks = store.get(paths.state("acme", "outcomes")).data["weeks"].values()
    intervals, covered = sum(w["asked"] for w in weeks), sum(w["right"] for w in weeks)
    assert intervals > 750
    assert covered / intervals == pytest.approx(0.8, abs=0.04)


def test_what_is_kept_stays_small(planted):
    """Far below a document's mebibyte, whatever the history."""
    for path in (paths.model("score"), paths.state("acme", "learning"), paths.state("acme", "outcomes")):
        assert len(plain(planted.get(path).data)) < 20_000


def test_a_challenger_that_fails_a_gold_standard_is_blocked_and_the_standard_named():
    """It predicts better, and would praise the best post too much."""
    promotion = LEARNING_CONFIG.promotion.model_copy(update={"minimum_observations": 100})
    config = LEARNING_CONFIG.model_copy(update={"promotion": promotion})
    store, clock = simulate_agency(days=5, learning=False, slope=2.2)
    for day in range(1, 6):
        cut = learn_until(store, clock, day, config)
    (duel,) = cut["duels"]
    assert (duel["decision"], duel["kind"]) == ("keep", "promotion")
    assert "model-best-post-far-above-typical" in duel["reason"]
    assert cut["served_version"] == "learned-1", "the weights that failed were never used"


def learn_until(store, clock, day, config):
    """Learn as on that day from what was recorded by then, and return the model."""
    later = [
        s for s in store.query(paths.outcomes("acme")) if s.data["learn_at"] > START + timedelta(days=day, hours=7)
    ]
    for outcome in later:
        store.delete(outcome.path)
    run_learning(store, clock, day, config=config)
    for outcome in later:
        store.set(outcome.path, outcome.data)
    return read_model(store)


def test_the_same_world_gives_the_same_bytes():
    """No chance, clock or order of a dictionary gets in."""
    one, other = (read_learned_documents(simulate_agency(days=3, posts=30, slope=SLOPE)[0], ["acme"]) for _ in range(2))
    assert plain(one) == plain(other)
    assert len(one) > 90


def test_a_client_learns_nothing_of_another():
    """Whatever the other one is like, its scores, outcomes and own weights are the same to the byte."""
    documents_by_world = []
    for other_slope in (0.5, 1.6):
        store, clock = simulate_agency(days=0)
        for day in range(3):
            simulate_day(store, clock, day, ["loud"], 25, slope=other_slope, learning=False)
            simulate_day(store, clock, day, ["quiet"], 25)
        documents_by_world.append(read_learned_documents(store, ["quiet"]))
        assert read_model(store)["serves_only"] is None
    client_documents = [
        {path: data for path, data in one.items() if path.startswith("clients/")} for one in documents_by_world
    ]
    assert plain(client_documents[0]) == plain(client_documents[1])
    assert plain(documents_by_world[0]) != plain(documents_by_world[1])


def test_what_five_clients_share_serves_a_sixth_as_means_and_spreads_only():
    """Priors name no client, and a newcomer is scored with the shared weights."""
    clients = [f"c{number}" for number in range(5)]
    store, _ = simulate_agency(clients, days=2, posts=30, slope=SLOPE)
    priors = store.get(paths.model("priors")).data
    assert priors["clients"] == 5
    assert set(priors["verticals"]) == {"agency"}
    assert not [client for client in clients if client in plain(priors)]
    served = select_weights("newcomer", read_model(store), {})
    assert served.version == read_model(store)["version"]
    assert served.engagement < 0.9


@pytest.mark.parametrize("job", ["brainHourlyScores", "brainLearning"])
@pytest.mark.parametrize("broken", [{"weights": "heavy"}, {}])
def test_a_broken_model_is_an_error_and_never_a_new_start(job, broken):
    """Nothing is scored or learned with it, and nothing of it is written over."""
    store, clock = simulate_agency(days=1, posts=20)
    store_events(store, simulate_post("acme", 1, 0, 1)[0])
    changed = {**read_model(store), **broken} if broken else {"somebody": "wrote this"}
    store.set(paths.model("score"), changed | {"state": None})
    before = read_learned_documents(store, ["acme"])
    client = "acme" if job == "brainHourlyScores" else "_everyone"
    with pytest.raises(MisconfiguredError, match="restore"):
        run_job(job, store, clock, client, START + timedelta(days=9))
    assert read_learned_documents(store, ["acme"]) == before


@pytest.mark.parametrize(
    ("place", "document", "says"),
    [
        (paths.model("priors"), {"whole": 1}, "priors"),
        (paths.state("acme", "learning"), {"outcomes": -1, "sums": "none"}, "own weights"),
    ],
)
def test_any_broken_document_of_learning_stops_it(place, document, says):
    """With a message that says which."""
    store, clock = simulate_agency(days=1, posts=20, learning=False)
    store.set(place, document)
    with pytest.raises(MisconfiguredError, match=says):
        run_learning(store, clock, 1)
    assert store.get(paths.model("score")) is None


def test_a_broken_outcome_is_named():
    """The operator can correct it; passing over it would teach half of the truth."""
    store, clock = simulate_agency(days=1, posts=20, learning=False)
    broken = store.query(paths.outcomes("acme"))[3]
    store.update(broken.path, {"observed": -1.0})
    with pytest.raises(MisconfiguredError, match=broken.id):
        run_learning(store, clock, 1)


def test_a_broken_register_stops_the_recording():
    """It would otherwise record everything again."""
    store, clock = simulate_agency(days=1, posts=20)
    store.update(paths.state("acme", "outcomes"), {"usual": 7})
    with pytest.raises(MisconfiguredError, match="register"):
        run_job("brainDailyAnalysis", store, clock, "acme", START + timedelta(days=9))


def test_a_register_that_was_restored_records_nothing_twice():
    """An outcome that is there stands; the others are recorded."""
    store, clock = simulate_agency(days=1, posts=20, learning=False)
    before = {s.id: s.data for s in store.query(paths.outcomes("acme"))}
    store.delete(paths.state("acme", "outcomes"))
    lost = min(before)
    store.delete(f"{paths.outcomes('acme')}/{lost}")
    run_job("brainDailyAnalysis", store, clock, "acme", START + timedelta(days=2, hours=6))
    after = {s.id: s.data for s in store.query(paths.outcomes("acme"))}
    assert set(after) == set(before)
    assert {name: data for name, data in after.items() if name != lost} == {
        name: data for name, data in before.items() if name != lost
    }


def test_recording_reads_what_matured_and_writes_an_outcome_each():
    """Whatever the history: one read a piece of content, one write an outcome, and a few for the run."""
    store, clock = simulate_agency(days=4, posts=50)
    simulate_day(store, clock, 4, ["acme"], 50)
    counting = FaultyStore(store)
    run_job("brainDailyAnalysis", counting, clock, "acme", START + timedelta(days=5, hours=7))
    assert counting.reads_by == {"scores": 1, "state": 1, "runs": 1}
    store.delete(paths.state("acme", "outcomes"))
    for outcome in store.query(paths.outcomes("acme")):
        store.delete(outcome.path)
    counting = FaultyStore(store)
    run_job("brainDailyAnalysis", counting, clock, "acme", START + timedelta(days=5, hours=8))
    assert counting.reads_by["scores"] == 250
    assert counting.writes_by["outcomes"] == 240
    assert counting.writes - 240 <= 6


def test_learning_reads_each_outcome_once():
    """The next run starts after the last."""
    store, clock = simulate_agency(days=3, posts=30, noise=0.02)
    simulate_day(store, clock, 3, ["acme"], 30, noise=0.02, learning=False)
    counting = FaultyStore(store)
    assert run_learning(counting, clock, 4)["outcomes"] == 30
    assert counting.reads_by["outcomes"] <= 31 + 2
    assert run_learning(store, clock, 5)["outcomes"] == 0


def test_content_that_is_not_a_running_total_predicts_nothing():
    """An e-mail's open is never revised, so nothing is kept of its first score."""
    store, clock = simulate_agency(days=0)
    early, _ = simulate_post("acme", 0, 0, 1)
    store_events(store, early)
    store.update(paths.event("acme", early.event_id), {"cumulative": False})
    run_job("brainHourlyScores", store, clock, "acme", START + timedelta(hours=2))
    assert "first" not in store.get(paths.score("acme", early.event_id)).data


def test_a_revision_carries_the_first_score_on_and_a_late_one_changes_no_outcome():
    """Recorded once: a correction after maturity re-scores the content and teaches nothing more."""
    store, clock = simulate_agency(days=2, posts=12)
    outcome = outcomes_of(store)[0]
    first = {s.id: s.data["first"] for s in store.query(paths.scores("acme"))}
    late = replace(simulate_post("acme", 1, 3, 1)[1], engagements=9999, received_at=START + timedelta(days=3))
    revise_event(store, late, number=2)
    run_job("brainHourlyScores", store, clock, "acme", START + timedelta(days=3))
    run_job("brainDailyAnalysis", store, clock, "acme", START + timedelta(days=4))
    assert outcomes_of(store)[0] == outcome
    assert {s.id: s.data["first"] for s in store.query(paths.scores("acme"))} == first
    assert store.get(paths.score("acme", late.event_id)).data["seen_at"] == late.received_at


def test_a_score_from_before_first_scores_were_kept_predicts_nothing():
    """Its revision cannot know what was known first."""
    store, clock = simulate_agency(days=0)
    early, last = simulate_post("acme", 0, 0, 1)
    store_events(store, early)
    run_job("brainHourlyScores", store, clock, "acme", START + timedelta(hours=2))
    old = {
        k: v for k, v in store.get(paths.score("acme", early.event_id)).data.items() if k not in {"first", "matures_at"}
    }
    store.set(paths.score("acme", early.event_id), old)
    revise_event(store, last)
    run_job("brainHourlyScores", store, clock, "acme", START + timedelta(hours=21))
    assert "matures_at" not in store.get(paths.score("acme", early.event_id)).data


def backlog(store, clock, *, dry_run=False):
    """Learn in pages of seven outcomes and batches of sixteen, as from a long backlog."""
    scheduled_at = START + timedelta(days=4)
    job = Learn(store, LEARNING_CONFIG, GOLD, page_size=7, batch_outcomes=16)
    return run_once(
        Runs(store),
        Task(LEARNING, ALL_CLIENTS, scheduled_at, scheduled_at, dry_run),
        job,
        time_limit=LIMIT,
        clock=clock,
    )


def test_a_dry_run_learns_nothing_and_comes_to_an_end():
    """It says how much it would write, however many pages there are."""
    store, clock = simulate_agency(days=3, posts=30, learning=False)
    before = read_learned_documents(store, ["acme"])
    answer = backlog(store, clock, dry_run=True)
    assert answer["batches"] == answer["would_write"]["history"] == 12
    assert read_learned_documents(store, ["acme"]) == before


def test_batches_of_any_size_learn_from_every_outcome():
    """A backlog is taken in pages, each client's without a gap."""
    store, clock = simulate_agency(["a", "b"], days=2, posts=30, learning=False)
    assert backlog(store, clock)["outcomes"] == 100
    assert read_model(store)["state"]["outcomes"] == 100


def test_a_challenger_is_fitted_to_the_latest_outcomes_of_all_and_not_to_later_ones():
    """What was recorded after the batch stays unseen until its own turn."""
    store, _ = simulate_agency(["a", "b"], days=3, posts=30, learning=False)
    source = Outcomes(store, LEARNING_CONFIG.outcomes)
    every = source.list_recorded("a", None, 1000)
    until = (every[40].recorded_at, every[40].outcome_id)
    latest = source.list_latest("a", until, 15)
    assert max((o.recorded_at, o.outcome_id) for o in latest) <= until
    assert source.list_recorded("a", until, 1000) == every[41:]


def test_two_workers_that_make_the_model_at_once_do_not_both_learn():
    """The second starts again from what the first wrote, and finds nothing new."""
    store, clock = simulate_agency(days=1, posts=30, learning=False)

    class Overtaken(FaultyStore):
        """Another worker's model is there before this one's first commit."""

        raced = False

        def commit(self, writes):
            if not self.raced and any(isinstance(w, Create) and w.path == paths.model("score") for w in writes):
                self.raced = True
                run_learning(store, clock, 2)
            return super().commit(writes)

    answer = run_learning(Overtaken(store), clock, 1)
    assert answer["outcomes"] == 0
    assert read_model(store)["state"]["outcomes"] == 20
    with pytest.raises(AlreadyExistsError):
        store.create(paths.model("score"), {})


def test_shuffled_outcomes_of_a_day_teach_the_same(planted):
    """A batch has no order of its own."""
    batch = outcomes_of(planted)[:60]
    mixed = random.Random(3).sample(batch, len(batch))  # noqa: S311 - a test's shuffle
    initial = initial_model(LEARNING_CONFIG)
    ordered, shuffled = (update_model(initial, part, START, GOLD, LEARNING_CONFIG) for part in (batch, mixed))
    assert ordered.model == shuffled.model


def test_the_stored_model_reads_as_it_was(planted):
    """Every part of it, trials and duels too."""
    stored = read_model(planted)
    assert model_from_document(stored, LEARNING_CONFIG).to_document(LEARNING_CONFIG) == stored
    assert SCORING.scale == 1000


def test_play_continues_a_world():
    """Days played one by one are the days played together."""
    store, clock = simulate_agency(days=1, posts=15)
    simulate_days(store, clock, ["acme"], 1, 15, first=1)
    assert plain(read_learned_documents(store, ["acme"])) == plain(
        read_learned_documents(simulate_agency(days=2, posts=15)[0], ["acme"])
    )
