"""The score model: batches judge before they teach, trials end by the rule, and own weights must be proven."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from brain.domain.learning.challenger import fit_challenger
from brain.domain.learning.gram import EMPTY, Gram, sum_outcomes
from brain.domain.learning.outcomes import log_error
from brain.domain.learning.own_weights import OwnWeights, own_weights_from_document, update_own_weights
from brain.domain.learning.promotion import PromotionDecision
from brain.domain.learning.score_model import (
    MAX_SNAPSHOTS,
    conclude_trial,
    initial_model,
    model_from_document,
    publish_weights,
    start_trial,
    update_model,
)
from brain.domain.learning.trial import observe_outcomes
from brain.domain.learning.weight_pooling import fit_priors
from brain.errors import MisconfiguredError
from brain.testing.simulations.agency import GOLD
from brain.testing.simulations.outcomes import CONFIG, ONES, START, TRUTH, measure_distance, simulate_outcomes

NOW = START + timedelta(days=30)
PRIORS = fit_priors([], CONFIG)


def no_failures(_weights):
    """Gold standards that every model meets."""
    return ()


def fails(_weights):
    """Gold standards that no model meets."""
    return ("model-that-no-weights-meet",)


def on_trial(gold=no_failures, truth=TRUTH):
    """Return a model that learned from 200 outcomes and the challenger they led to, on trial."""
    batch = simulate_outcomes(200, truth, noise=0.2)
    model = update_model(initial_model(CONFIG), batch, NOW, gold, CONFIG).model
    return start_trial(model, fit_challenger(batch, initial_model(CONFIG).state, CONFIG), gold, CONFIG)


def without_cursors(model):
    """Return the model as its document holds it: the cursors are with the clients."""
    return replace(model, state=replace(model.state, cursors={}))


def update_and_decide(model, batch, gold=no_failures):
    """Return the model after a batch of later outcomes, and the trial that the batch decided."""
    update = update_model(model, batch, NOW, gold, CONFIG)
    return update.model, next((trial for trial, _ in update.evidence if trial.is_decided), None)


def test_a_batch_judges_the_models_before_it_teaches_them():
    """Each pair is of the champion's weights from before the batch, in the order in which outcomes were recorded."""
    model = on_trial()
    batch = simulate_outcomes(50, TRUTH, seed=3, first=300)
    update = update_model(model, batch[::-1], NOW, no_failures, CONFIG)
    ((trial, pairs),) = update.evidence
    assert pairs[0] == (
        abs(log_error(batch[0], model.state.weights)),
        abs(log_error(batch[0], model.trial.weights)),
    )
    assert (len(pairs), trial.pages, trial.comparison.pairs.n) == (50, 1, 50)
    assert model.trial.comparison.pairs.n == 0, "the trial as it was is untouched"


def test_the_order_of_a_batch_changes_no_byte():
    """Nor does coming again change anything but the version of nothing."""
    batch = simulate_outcomes(120, TRUTH, seed=4, first=300)
    first, second = (update_model(on_trial(), part, NOW, no_failures, CONFIG).model for part in (batch, batch[::-1]))
    assert json.dumps(first.to_document(CONFIG)) == json.dumps(second.to_document(CONFIG))
    again = update_model(first, batch, NOW, no_failures, CONFIG).model
    assert again.state == first.state


def test_outcomes_from_before_the_fit_are_no_evidence():
    """They would flatter the challenger."""
    model = on_trial()
    trial, pairs = observe_outcomes(model.trial, simulate_outcomes(200, TRUTH), ONES, ())
    assert (trial, pairs) == (model.trial, [])
    assert update_model(model, simulate_outcomes(10, TRUTH), NOW, no_failures, CONFIG).evidence == ()


def test_a_better_challenger_takes_over_and_is_watched():
    """The old champion shadows the new one from the next outcome on."""
    weak = replace(on_trial(), state=replace(initial_model(CONFIG).state, cursors=on_trial().state.cursors))
    model, trial = update_and_decide(weak, simulate_outcomes(600, TRUTH, noise=0.2, seed=5, first=300))
    assert trial.comparison.decision is PromotionDecision.PROMOTE
    after = conclude_trial(model, trial, NOW, CONFIG)
    assert (after.trial, after.state.weights) == (None, trial.weights)
    assert (after.watch.weights, after.watch.since) == (
        model.state.weights,
        max(t for t, _ in model.state.cursors.values()),
    )
    assert after.comparisons[-1].decision == "promote"
    assert after.state.version == model.state.version + 1


def test_a_challenger_that_fails_a_gold_standard_is_kept_out_and_the_case_is_named():
    """However much better it predicts."""
    weak = replace(on_trial(fails), state=replace(initial_model(CONFIG).state, cursors=on_trial().state.cursors))
    model, trial = update_and_decide(weak, simulate_outcomes(600, TRUTH, noise=0.2, seed=5, first=300), fails)
    after = conclude_trial(model, trial, NOW, CONFIG)
    assert (after.trial, after.watch, after.state) == (None, None, model.state)
    assert "model-that-no-weights-meet" in after.comparisons[-1].reason


@pytest.mark.parametrize(("truth", "goes_back"), [(ONES, True), (TRUTH, False)])
def test_a_regression_rolls_back_and_a_proven_model_is_watched_no_more(truth, goes_back):
    """The promoted model meets the world it was fitted to, or one in which the old model was right."""
    batch = simulate_outcomes(200, TRUTH, noise=0.2)
    model = update_model(initial_model(CONFIG), batch, NOW, no_failures, CONFIG).model
    old = replace(model, state=replace(model.state, weights=ONES))
    trial = start_trial(old, fit_challenger(batch, old.state, CONFIG), no_failures, CONFIG).trial
    decided = replace(trial, comparison=replace(trial.comparison, decision=PromotionDecision.PROMOTE, decided_at=500))
    new = conclude_trial(old, decided, NOW, CONFIG)
    slow = CONFIG.model_copy(update={"step": CONFIG.step.model_copy(update={"rate": 1e-9, "rate_floor": 1e-9})})
    update = update_model(new, simulate_outcomes(400, truth, noise=0.2, seed=8, first=300), NOW, no_failures, slow)
    watch = update.evidence[0][0]
    assert watch.is_decided
    after = conclude_trial(update.model, watch, NOW, CONFIG)
    assert after.watch is None
    assert after.state.weights == (ONES if goes_back else update.model.state.weights)
    assert after.comparisons[-1].kind == "rollback"


def test_weights_that_fail_a_gold_standard_are_learned_on_but_never_used():
    """Scores stay with the last weights that met all standards."""
    model = update_model(initial_model(CONFIG), simulate_outcomes(50, TRUTH), NOW, no_failures, CONFIG).model
    good = publish_weights(model, NOW, no_failures)
    assert good.served == model.state.weights
    later = update_model(good, simulate_outcomes(50, TRUTH, seed=9, first=300), NOW, no_failures, CONFIG).model
    held = publish_weights(later, NOW, fails)
    assert held.served == model.state.weights
    assert (held.gold_failures, held.weights_history[-1].version) == (("model-that-no-weights-meet",), "learned-1")
    assert publish_weights(model, NOW, fails).weights_history == ()
    assert GOLD(ONES) == ()


def test_the_shared_weights_serve_one_client_alone_or_all_of_at_least_five():
    """With two to four clients each would learn of the others, so none is served."""
    model = initial_model(CONFIG)
    for count in range(1, 6):
        batch = simulate_outcomes(30, TRUTH, client=f"c{count}", seed=count, first=100 * count)
        model = publish_weights(update_model(model, batch, NOW, no_failures, CONFIG).model, NOW, no_failures)
        document = model.to_document(CONFIG)
        assert document["serves_all"] is (count == 5)
        assert document["serves_only"] == ("c1" if count == 1 else None)
        served = {client for client in ("c1", "c2", "new") if model.select_weights(client, CONFIG) != ONES}
        assert served == ({"c1"} if count == 1 else {"c1", "c2", "new"} if count == 5 else set())


def test_the_model_survives_its_document_with_trials_beliefs_and_duels():
    """Read again it is the same, and anything else is an error instead of a new start."""
    weak = replace(on_trial(), state=replace(initial_model(CONFIG).state, cursors=on_trial().state.cursors))
    model, trial = update_and_decide(weak, simulate_outcomes(600, TRUTH, noise=0.2, seed=5, first=300))
    model = publish_weights(conclude_trial(model, trial, NOW, CONFIG), NOW, no_failures)
    for stored in (model, on_trial(), initial_model(CONFIG)):
        read = model_from_document(json.loads(json.dumps(stored.to_document(CONFIG))), CONFIG)
        assert read == without_cursors(stored)
    document = model.to_document(CONFIG)
    for broken in ({}, {**document, "state": {}}, {**document, "unknown": 1}):
        with pytest.raises(MisconfiguredError, match="restore"):
            model_from_document(broken, CONFIG)
    far = {**document["state"], "weights": {**document["state"]["weights"], "growth": 99.0}}
    with pytest.raises(MisconfiguredError, match="growth"):
        model_from_document({**document, "state": far}, CONFIG)


def test_a_model_with_the_former_gain_of_its_challenger_is_read():
    """Older documents of a challenger have one more key, which nothing used."""
    model = on_trial()
    document = model.to_document(CONFIG)
    document["trial"]["fitted"]["cross_validated_gain"] = 0.1
    assert model_from_document(document, CONFIG) == without_cursors(model)


def test_what_is_kept_is_bounded():
    """Beliefs of two months, and the cursors of clients heard of in that time."""
    model = initial_model(CONFIG)
    for day in range(70):
        now = START + timedelta(days=day, hours=1)
        fresh = [
            replace(o, predicted_at=now, observed_at=now + timedelta(minutes=6), recorded_at=now + timedelta(minutes=7))
            for o in simulate_outcomes(1, client="often" if day else "once", first=day)
        ]
        model = publish_weights(update_model(model, fresh, now, no_failures, CONFIG).model, now, no_failures)
    assert len(model.weights_history) == MAX_SNAPSHOTS
    assert set(model.state.cursors) == {"often"}


def test_sums_survive_a_list_and_fade():
    """What a document holds of a client's outcomes."""
    sums = sum_outcomes(simulate_outcomes(30, TRUTH), CONFIG.move_weights)
    assert Gram.from_list(sums.to_list()) == sums
    assert sums.scale(0.5).mass == 15
    assert EMPTY.scale(3.0) == EMPTY
    with pytest.raises(ValueError, match="44 sums"):
        Gram.from_list([1.0])


def own_after(truth, days=12, shared=ONES, gold=no_failures):
    """Return a client's own weights after so many days of 50 outcomes each."""
    own = OwnWeights(vertical="d2c")
    for day in range(days):
        batch = simulate_outcomes(50, truth, noise=0.2, seed=20 + day, first=100 * day)
        own = update_own_weights(own, batch, shared, PRIORS, NOW, gold, CONFIG)
    return own


def test_own_weights_serve_once_they_are_proven_on_later_outcomes():
    """They are near the truth after the first batches, and wait for the proof all the same."""
    assert not own_after(TRUTH, days=1).serves
    own = own_after(TRUTH)
    assert own.serves
    assert measure_distance(own.pooled) < 0.1
    assert own.last_comparison.decision == "promote"
    assert own.to_document()["weights"] == own.pooled


@pytest.mark.parametrize("seed", range(3))
def test_where_the_shared_weights_are_right_own_ones_do_not_serve(seed):
    """A null client stays with what all others have."""
    own = OwnWeights()
    for day in range(12):
        batch = simulate_outcomes(50, noise=0.2, seed=1000 * seed + day, first=100 * day)
        own = update_own_weights(own, batch, ONES, PRIORS, NOW, no_failures, CONFIG)
    assert not own.serves


def test_own_weights_stop_serving_when_they_help_no_more():
    """The shared weights caught up: the next comparison says so."""
    own = own_after(TRUTH)
    for day in range(12, 40):
        batch = simulate_outcomes(50, TRUTH, noise=0.2, seed=20 + day, first=100 * day)
        own = update_own_weights(own, batch, TRUTH, PRIORS, NOW, no_failures, CONFIG)
    assert not own.serves
    assert own.last_comparison.decision == "keep"


def test_own_weights_that_fail_a_gold_standard_do_not_serve():
    """Proven or not."""
    own = own_after(TRUTH, gold=fails)
    assert own.proven
    assert not own.serves


def test_too_few_outcomes_give_no_weights_of_their_own():
    """Nineteen say nothing; nor is anything compared."""
    own = update_own_weights(OwnWeights(), simulate_outcomes(19, TRUTH), ONES, PRIORS, NOW, no_failures, CONFIG)
    assert (own.pooled, own.comparison, own.summarize_open_comparison(NOW), own.estimate("acme", CONFIG)) == (
        None,
        None,
        None,
        None,
    )
    assert OwnWeights().estimate("acme", CONFIG) is None
    assert own.to_document()["weights"] is None


def test_own_weights_survive_their_document_and_refuse_another():
    """An empty document is a start; a broken one is an error."""
    own = own_after(TRUTH, days=2)
    assert own_weights_from_document(json.loads(json.dumps(own.to_document()))) == own
    assert own.summarize_open_comparison(NOW).n == 50
    assert own_weights_from_document({}) == OwnWeights()
    for broken in ({"outcomes": "many"}, {"sums": [1.0, 2.0]}):
        with pytest.raises(MisconfiguredError, match="own weights"):
            own_weights_from_document(broken)
