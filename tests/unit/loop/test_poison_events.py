"""An event that cannot be scored stops only itself: it becomes a dead letter, and the others are scored."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from brain.bootstrap import Brain
from brain.domain.days import scorer as scorer_module
from brain.domain.days import sums
from brain.domain.gateway.dead_letters import SCORE_STAGE, DeadLetter
from brain.errors import NotFoundError, StoreRefusedError, StoreUnavailableError
from brain.repositories import codec, paths
from brain.repositories.gateway.dead_letters import DeadLetters
from brain.testing.faulty_store import FaultMode, FaultyStore
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_post_payload, send_request

HOURLY = "brainHourlyScores"
POISON = "post-5"
Sabotage = Callable[[pytest.MonkeyPatch, Brain], None]


def build_world(count: int = 12) -> Brain:
    """Return a brain with events, one of which each test makes poisonous."""
    brain = build_memory_brain()
    brain.log = lambda *_, **__: None
    fields = {"platform": "linkedin", "content_type": "photo", "audience_size": 900}
    posts = [build_post_payload(n, content_id=f"post-{n}", **fields) for n in range(count)]
    send_request(brain, posts)
    return brain


def run_hourly(brain: Brain, hours: int = 1) -> dict[str, Any]:
    """Run the hourly job, and return the client's figures."""
    answer = brain.run_job(HOURLY, NOW + timedelta(hours=hours), client_id=CLIENT)
    return dict(answer["clients"][CLIENT])


def list_scored(brain: Brain) -> set[str]:
    """Return the ids of the events with a score."""
    return {snapshot.id for snapshot in brain.store.query(paths.scores(CLIENT))}


def read_sums(brain: Brain) -> dict[str, Any]:
    """Return the daily sums and breakdowns as stored."""
    states = brain.store.get_all([paths.state(CLIENT, name) for name in ("scores", "breakdowns")])
    return {snapshot.id: snapshot.data["days"] for snapshot in states if snapshot}


def find_letter(brain: Brain) -> DeadLetter:
    """Return the only dead letter."""
    (letter,) = DeadLetters(brain.store).list(NOW, CLIENT)
    return letter


def fail_for_poison(function: Callable[..., Any], error: Exception) -> Callable[..., Any]:
    """Return a function that raises for the poisonous event."""

    def call(event: Any, *arguments: Any, **options: Any) -> Any:
        if event.content_id == POISON:
            raise error
        return function(event, *arguments, **options)

    return call


def raise_in_score(monkeypatch: pytest.MonkeyPatch, _brain: Brain) -> None:
    """The score of the event raises, as a bug would."""
    monkeypatch.setattr(scorer_module, "score", fail_for_poison(scorer_module.score, ValueError("math domain error")))


def raise_in_contribution(monkeypatch: pytest.MonkeyPatch, _brain: Brain) -> None:
    """Its contribution to the sums raises."""
    failing = fail_for_poison(sums.build_contribution, OverflowError("cannot convert float infinity to integer"))
    monkeypatch.setattr(sums, "build_contribution", failing)


def refuse_the_score(monkeypatch: pytest.MonkeyPatch, brain: Brain) -> None:
    """The document of its score is one that no store accepts."""
    to_document, poison = codec.score_to_document, find_poison(brain)

    def convert(score: Any, contribution: Any) -> dict[str, Any]:
        return to_document(score, contribution) | ({"x": 2**70} if score.event_id == poison else {})

    monkeypatch.setattr(codec, "score_to_document", convert)


def refuse_the_state(monkeypatch: pytest.MonkeyPatch, _brain: Brain) -> None:
    """The sums with this event are what no store accepts."""
    build = sums.build_contribution

    def call(event: Any, *arguments: Any) -> Any:
        contribution = build(event, *arguments)
        if event.content_id != POISON:
            return contribution
        return sums.EventContribution(contribution.day, "__reserved__", contribution.sums)

    monkeypatch.setattr(sums, "build_contribution", call)


def spoil_the_event(_monkeypatch: pytest.MonkeyPatch, brain: Brain) -> None:
    """The stored event cannot be read."""
    brain.store.update(paths.event(CLIENT, find_poison(brain)), {"raw_data": "{"})


def spoil_the_feed(_monkeypatch: pytest.MonkeyPatch, brain: Brain) -> None:
    """The stored event is of a feed that this version does not have."""
    brain.store.update(paths.event(CLIENT, find_poison(brain)), {"feed_type": "smoke_signals"})


def find_poison(brain: Brain) -> str:
    """Return the id under which the poisonous event is stored."""
    return next(e.id for e in brain.store.query(paths.events(CLIENT)) if e.data["content_id"] == POISON)


POISONS = (
    raise_in_score, raise_in_contribution, refuse_the_score, refuse_the_state, spoil_the_event, spoil_the_feed,
)  # fmt: skip


@pytest.mark.parametrize("sabotage", POISONS, ids=lambda sabotage: sabotage.__name__)
def test_a_poison_event_stops_only_itself(sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sums are those of the other events, and the dead letter names the event."""
    brain = build_world()
    poison = find_poison(brain)
    expected = build_world()
    expected.store.delete(paths.event(CLIENT, poison))
    run_hourly(expected)
    with monkeypatch.context() as patch:
        sabotage(patch, brain)
        figures = run_hourly(brain)
    assert (figures["status"], figures["scored"], figures["quarantined"]) == ("success", 11, 1)
    assert list_scored(brain) == list_scored(expected)
    assert read_sums(brain) == read_sums(expected)
    letter = find_letter(brain)
    assert (letter.stage, letter.source, letter.parked, poison in letter.message) == (SCORE_STAGE, HOURLY, True, True)
    assert run_hourly(brain, 2)["scored"] == 0


@pytest.mark.parametrize("sabotage", [raise_in_score, refuse_the_score])
def test_a_replayed_event_is_scored_as_if_it_had_never_failed(
    sabotage: Sabotage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the fault was corrected; a fault that remains makes the same dead letter again."""
    brain, expected = build_world(), build_world()
    run_hourly(expected)
    with monkeypatch.context() as patch:
        sabotage(patch, brain)
        run_hourly(brain)
        letter = find_letter(brain)
        assert brain.replay.preview(letter) == {"events": 1}
        assert brain.replay.repeat_work(letter)["status"] == "success"
        assert run_hourly(brain, 2)["quarantined"] == 1
    again = find_letter(brain)
    assert again.dead_letter_id == letter.dead_letter_id
    brain.replay.repeat_work(again)
    assert run_hourly(brain, 3)["scored"] == 1
    assert list_scored(brain) == list_scored(expected)
    assert read_sums(brain) == read_sums(expected)
    assert not DeadLetters(brain.store).list(NOW)


def test_a_revision_of_a_quarantined_event_is_scored(monkeypatch: pytest.MonkeyPatch) -> None:
    """What comes in is tried; the letter counts another attempt if it fails again."""
    brain = build_world()
    with monkeypatch.context() as patch:
        raise_in_score(patch, brain)
        run_hourly(brain)
        brain.store.update(paths.event(CLIENT, find_poison(brain)), {"unscored": True, "likes": 6, "revision": 1})
        run_hourly(brain, 2)
    assert find_letter(brain).attempts == 2
    brain.store.update(paths.event(CLIENT, find_poison(brain)), {"unscored": True, "likes": 7, "revision": 2})
    assert run_hourly(brain, 3)["scored"] == 1


def test_any_number_of_poison_events_stop_only_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second of more than a page; the others are scored in one run."""
    brain = build_world(60)
    score = scorer_module.score

    def fail_for_odd(event: Any, *arguments: Any, **options: Any) -> Any:
        if event.likes % 2:
            raise ZeroDivisionError
        return score(event, *arguments, **options)

    monkeypatch.setattr(scorer_module, "score", fail_for_odd)
    figures = run_hourly(brain)
    assert (figures["scored"], figures["quarantined"]) == (30, 30)
    assert len(list_scored(brain)) == len(DeadLetters(brain.store).list(NOW)) == 30


def test_a_replay_without_the_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """An erased event is not brought back."""
    brain = build_world()
    with monkeypatch.context() as patch:
        raise_in_score(patch, brain)
        run_hourly(brain)
    brain.store.delete(paths.event(CLIENT, find_poison(brain)))
    with pytest.raises(NotFoundError, match="purge the dead letter"):
        brain.replay.repeat_work(find_letter(brain))


def test_a_store_that_is_away_quarantines_nothing() -> None:
    """Each call of the run in turn; the run fails and starts again later."""
    brain = build_world()
    store = brain.store
    for fail_at in range(1, 12):
        brain.store = FaultyStore(store, fail_at=fail_at, mode=FaultMode.REFUSE)
        vars(brain).pop("perform", None)
        vars(brain).pop("run_job", None)
        with suppress(StoreUnavailableError):
            brain.run_job(HOURLY, NOW + timedelta(hours=fail_at), client_id=CLIENT)
    assert not DeadLetters(store).list(NOW)
    assert len(list_scored(brain)) == 12


def test_a_state_that_cannot_be_stored_is_no_fault_of_the_events(monkeypatch: pytest.MonkeyPatch) -> None:
    """The run fails loudly instead of quarantining every event."""
    brain = build_world()
    load = StateBreaker(monkeypatch)
    figures = run_hourly(brain)
    assert (figures["status"], figures["code"], load.calls > 0) == ("failed", StoreRefusedError.code, True)
    assert not DeadLetters(brain.store).list(NOW)


def test_a_state_that_cannot_be_read_is_no_fault_of_the_events() -> None:
    """A bug in what reads it, or a document that somebody edited."""
    brain = build_world()
    brain.store.set(paths.state(CLIENT, "scores"), {"days": {}, "content": [{"event_id": "e1"}]})
    assert run_hourly(brain)["code"] == "internal"
    assert not DeadLetters(brain.store).list(NOW)


class StateBreaker:
    """Adds what no store accepts to the state whenever it is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from brain.services.analysis.scoring_state import ScoringState  # noqa: PLC0415 - patched here only

        self.calls = 0
        self._load = ScoringState.load
        monkeypatch.setattr(ScoringState, "load", lambda state: self.load(state))  # noqa: PLW0108 - as a method

    def load(self, state: Any) -> None:
        """Read the state and break it."""
        self.calls += 1
        self._load(state)
        state.scorer.days["2026-11-22"] = {"__reserved__": {"events": 1}}
        state._recent.data = {"days": state.scorer.days}
