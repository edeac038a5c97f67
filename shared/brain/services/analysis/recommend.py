"""Follows up the moves of a client and draws its slate once a week, as part of the daily analysis."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from brain.domain.days.facts import ClientFacts
from brain.domain.periods import format_week
from brain.domain.recommendations import drawing, follow_up
from brain.domain.recommendations.advice import Advice, advise, as_document
from brain.domain.recommendations.advice_config import AdviceConfig
from brain.domain.recommendations.from_facts import context_of
from brain.domain.recommendations.readings.past import Past
from brain.domain.recommendations.standing import Move, Standing, standing_from
from brain.domain.recommendations.triggers import Triggers
from brain.ports.document_store import DocumentStore, Write
from brain.repositories.analysis.recommendations import (
    ADVICE,
    Recommendations,
    outcome_write,
    slate_writes,
    status_writes,
    view_write,
)
from brain.repositories.analysis.state import StateDocuments
from brain.services.analysis.parts import Done
from brain.services.analysis.stored_aggregates import StoredAggregates


@dataclass(frozen=True, slots=True)
class Recommend:
    """Notes answers, measures what moves did, and draws the week's slate where it is not drawn yet.

    A week is the ISO week of the run's time in UTC. The first run in it draws; the others find it drawn.
    """

    store: DocumentStore
    triggers: Triggers
    config: AdviceConfig

    def __call__(self, known: StoredAggregates, facts: ClientFacts) -> Done:
        """Return the client's advice as of the facts."""
        client_id = known.client.client_id
        (state,) = StateDocuments(self.store).read(client_id, ADVICE)
        before = standing_from(state.data)
        followed, outcomes = self._followed(before, facts)
        advice = self._advised(followed, facts)
        after = self._standing(followed, advice, facts) if advice else followed
        writes: list[Write] = [
            *status_writes(client_id, before, followed),
            *(
                outcome_write(client_id, m.recommendation_id, follow_up.outcome_document(m, client_id))
                for m in outcomes
            ),
        ]
        if advice:
            writes += slate_writes(client_id, as_document(advice), advice.context.model_dump(mode="json"))
        if after != before:
            writes += [state.write(after.document()), view_write(client_id, after)]
        return Done({"advice": after}, writes, _figures(advice, outcomes))

    def _followed(self, before: Standing, facts: ClientFacts) -> tuple[Standing, list[Move]]:
        """Return the standing with new answers and outcomes, and the moves whose outcome is to be recorded.

        A standing that was lost or restored measures again what is recorded already; the record stands.
        """
        stored, client_id = Recommendations(self.store), facts.client.client_id
        asked = follow_up.asked(before.moves, facts, self.config)
        answers = stored.load_answers(client_id, asked) if asked else {}
        moves = follow_up.with_outcomes(follow_up.with_answers(before.moves, answers), facts, self.config)
        measured = [now for then, now in zip(before.moves, moves, strict=True) if now.outcome and not then.outcome]
        recorded = stored.load_outcomes(client_id, [move.recommendation_id for move in measured]) if measured else {}
        new = [move for move in measured if move.recommendation_id not in recorded]
        return replace(before, moves=tuple(follow_up.as_recorded(moves, recorded))), new

    def _advised(self, standing: Standing, facts: ClientFacts) -> Advice | None:
        period = format_week(facts.as_of.date())
        if standing.period is not None and period <= standing.period:
            return None
        priors = Recommendations(self.store).load_priors(facts.client.vertical)
        context = context_of(facts, standing, priors, self.triggers, self.config.readings)
        return advise(context, self.triggers, seed=drawing.seed_of(facts.client.client_id, period))

    def _standing(self, standing: Standing, advice: Advice, facts: ClientFacts) -> Standing:
        platforms = Past(facts, self.config.readings, self.triggers.policy.interval_level).platforms()
        drawn = drawing.moves_of(advice, platforms, timedelta(days=self.config.policy_before_days))
        moves = (*standing.moves, *drawn)[-self.config.kept_moves :]
        return Standing(advice.context.named_period, tuple(as_document(advice)["recommendations"]), moves)


def _figures(advice: Advice | None, outcomes: Sequence[Move]) -> dict[str, Any]:
    shown = [place for place in advice.places if place.drawn and not place.held_back] if advice else []
    return {"moves_drawn": len(shown), "moves_measured": len(outcomes)}
