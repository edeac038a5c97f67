"""The next best moves: what to do this week, why, and what earlier moves did."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from brain.domain.days import sums
from brain.domain.recommendations.standing import Move, Standing
from brain.domain.recommendations.wording import EVERYTHING, TRY
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.pooling import Normal

NAME, TITLE = "recommendations", "Next best moves"
COLUMNS = ("move", "about", "priority", "effort", "expected", "your answer")
NEWS = timedelta(days=7)
MOST_NEWS = 3
LEVEL = 0.8
WINDOW_DAYS = 28
UNKNOWN = "not known yet"


def build_section(facts: ReportFacts) -> Section:
    """Return the newest slate with its reasons, and the outcomes that came in during the last week."""
    standing = facts.advice
    if standing is None or standing.period is None:
        line = "No advice was made yet; it is made once a week, by the first daily analysis."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    answers = {move.recommendation_id: move.answer for move in standing.moves if move.answer}
    lines = [*_moves(standing), *_control(standing), *_news(standing, facts)]
    rows = tuple(_row(n, card, answers.get(card["id"])) for n, card in enumerate(standing.cards, start=1))
    figures = {
        "period": standing.period,
        "moves": [card["id"] for card in standing.cards],
        "measured": sum(move.outcome is not None for move in standing.moves),
    }
    if not standing.cards and (few := _few_events(facts)):
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (few,), figures=figures)
    return Section(NAME, TITLE, SectionStatus.OK, tuple(lines), COLUMNS, rows, figures)


def outcome_line(move: Move) -> str:
    """Return what became of a measured move, in a sentence."""
    outcome = move.outcome or {}
    low, high = Normal(outcome["effect"], outcome["standard_error"]).interval(LEVEL)
    which = "Kept back from you, to compare" if move.held_back else "Measured"
    return (
        f"{which}: “{move.title}” ({move.shown_at.date().isoformat()}). In the two weeks after, {_named(move.metric)} "
        f"was {_better(outcome['effect'])} than before (between {_better(low)} and {_better(high)})."
    )


def _moves(standing: Standing) -> Iterator[str]:
    if not standing.cards:
        yield "No move's conditions hold this week: nothing that was measured calls for a change."
    for place, card in enumerate(standing.cards, start=1):
        if card["title"].startswith(TRY):
            yield f"{place}. {card['title']}."
            yield f"Why: whether it helps you is not known, and a small try will tell. {_effect(card)}"
        else:
            yield f"{place}. {card['title']}. {card['action']}"
            yield f"Why: {card['evidence']} {_effect(card)}"


def _effect(card: Mapping[str, Any]) -> str:
    effect = card["expected_effect"]
    if effect["estimate"] is None:
        return "What it will change is not known yet: nothing like it was measured."
    return f"Expected: {_named(effect['metric'])} {_sized(effect)}, from {effect['basis'].replace('_', ' ')}."


def _sized(effect: Mapping[str, Any]) -> str:
    estimate, low, high = (_signed(effect[name]) for name in ("estimate", "lower", "upper"))
    return f"{estimate} (between {low} and {high})"


def _control(standing: Standing) -> Iterator[str]:
    held = sum(move.held_back for move in standing.current)
    if held:
        moves = "one move is" if held == 1 else f"{held} moves are"
        yield f"This week {moves} kept back and only measured, so that what advice changes can be told."


def _news(standing: Standing, facts: ReportFacts) -> Iterator[str]:
    since = facts.as_of - NEWS
    news = [m for m in standing.moves if m.outcome and m.outcome["measured_at"] > since]
    yield from (outcome_line(move) for move in news[:MOST_NEWS])


def _row(place: int, card: Mapping[str, Any], answer: Mapping[str, Any] | None) -> tuple[str, ...]:
    effect = card["expected_effect"]
    expected = UNKNOWN if effect["estimate"] is None else _sized(effect)
    answered = answer["status"] if answer else "none yet"
    return (f"{place}.", card["subject"] or EVERYTHING, card["priority"], card["effort"], expected, answered)


def _few_events(facts: ReportFacts) -> str | None:
    start = facts.end - timedelta(days=WINDOW_DAYS)
    events = sums.sum_metric([s for _, s in sums.select_range(facts.days, start, facts.end)], "events")
    least = facts.config.comparisons.minimum_events
    if events >= least:
        return None
    return f"Not enough data yet: {events} events in {WINDOW_DAYS} days; advice needs {least} or more to stand on."


def _signed(effect: float) -> str:
    """Return an effect in whole per cent; what rounds to nothing has no sign."""
    return f"{effect:+.0%}" if round(effect, 2) else "0%"


def _better(effect: float) -> str:
    return f"{abs(effect):.0%} {'better' if effect >= 0 else 'worse'}"


def _named(metric: str) -> str:
    return metric.replace("_", " ")
