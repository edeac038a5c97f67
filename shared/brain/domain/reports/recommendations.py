"""The next best moves: what to do this week, why, and what earlier moves did."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from brain.domain.days import sums
from brain.domain.days.facts import ClientFacts
from brain.domain.recommendations.advice_state import AdviceState, MoveRecord
from brain.domain.recommendations.wording import TRIAL_PREFIX, WHOLE_CLIENT
from brain.domain.reports.facts import ReportFacts
from brain.domain.reports.report import Section, SectionStatus
from brain.domain.statistics.pooling import Normal

NAME, TITLE = "recommendations", "Next best moves"
COLUMNS = ("move", "about", "priority", "effort", "expected", "your answer")
NEWS_AGE = timedelta(days=7)
MAX_NEWS = 3
INTERVAL_LEVEL = 0.8
WINDOW_DAYS = 28
UNKNOWN = "not known yet"


def build_section(facts: ReportFacts) -> Section:
    """Return the newest slate with its reasons, and the outcomes measured during the last week."""
    advice = facts.advice
    if advice is None or advice.period is None:
        line = "No advice was made yet; it is made once a week, by the first daily analysis."
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (line,))
    answers = {move.recommendation_id: move.answer for move in advice.moves if move.answer}
    figures = {
        "period": advice.period,
        "moves": [card["id"] for card in advice.cards],
        "measured": sum(move.outcome is not None for move in advice.moves),
    }
    if not advice.cards and (shortage := _explain_too_few_events(facts)):
        return Section(NAME, TITLE, SectionStatus.NOT_ENOUGH_DATA, (shortage,), figures=figures)
    lines = (*_describe_moves(advice), *_describe_controls(advice), *_describe_news(advice, facts))
    rows = tuple(
        _build_row(position, card, answers.get(card["id"])) for position, card in enumerate(advice.cards, start=1)
    )
    return Section(NAME, TITLE, SectionStatus.OK, lines, COLUMNS, rows, figures)


def describe_outcome(move: MoveRecord) -> str:
    """Return what became of a measured move, in a sentence."""
    outcome = move.outcome or {}
    low, high = Normal(outcome["effect"], outcome["standard_error"]).interval(INTERVAL_LEVEL)
    kind = "Kept back from you, to compare" if move.held_back else "Measured"
    metric = _format_metric(move.metric)
    return (
        f"{kind}: “{move.title}” ({move.shown_at.date().isoformat()}). In the two weeks after, {metric} was "
        f"{_format_better(outcome['effect'])} than before (between {_format_better(low)} and {_format_better(high)})."
    )


def _describe_moves(advice: AdviceState) -> Iterator[str]:
    if not advice.cards:
        yield "No move's conditions hold this week: nothing that was measured calls for a change."
    for position, card in enumerate(advice.cards, start=1):
        if card["title"].startswith(TRIAL_PREFIX):
            yield f"{position}. {card['title']}."
            yield f"Why: whether it helps you is not known, and a small try will tell. {_describe_effect(card)}"
        else:
            yield f"{position}. {card['title']}. {card['action']}"
            yield f"Why: {card['evidence']} {_describe_effect(card)}"


def _describe_effect(card: Mapping[str, Any]) -> str:
    effect = card["expected_effect"]
    if effect["estimate"] is None:
        return "What it will change is not known yet: nothing like it was measured."
    basis = effect["basis"].replace("_", " ")
    return f"Expected: {_format_metric(effect['metric'])} {_format_effect(effect)}, from {basis}."


def _format_effect(effect: Mapping[str, Any]) -> str:
    estimate, low, high = (_format_signed(effect[name]) for name in ("estimate", "lower", "upper"))
    return f"{estimate} (between {low} and {high})"


def _describe_controls(advice: AdviceState) -> Iterator[str]:
    held_back = sum(move.held_back for move in advice.current_moves)
    if held_back:
        moves = "one move is" if held_back == 1 else f"{held_back} moves are"
        yield f"This week {moves} kept back and only measured, so that what advice changes can be told."


def _describe_news(advice: AdviceState, facts: ClientFacts) -> Iterator[str]:
    since = facts.as_of - NEWS_AGE
    news = [move for move in advice.moves if move.outcome and move.outcome["measured_at"] > since]
    yield from (describe_outcome(move) for move in news[:MAX_NEWS])


def _build_row(position: int, card: Mapping[str, Any], answer: Mapping[str, Any] | None) -> tuple[str, ...]:
    effect = card["expected_effect"]
    expected = UNKNOWN if effect["estimate"] is None else _format_effect(effect)
    status = answer["status"] if answer else "none yet"
    return (f"{position}.", card["subject"] or WHOLE_CLIENT, card["priority"], card["effort"], expected, status)


def _explain_too_few_events(facts: ClientFacts) -> str | None:
    start = facts.end - timedelta(days=WINDOW_DAYS)
    events = sums.sum_metric([s for _, s in sums.select_range(facts.days, start, facts.end)], "events")
    minimum_events = facts.config.comparisons.minimum_events
    if events >= minimum_events:
        return None
    return (
        f"Not enough data yet: {events} events in {WINDOW_DAYS} days; advice needs {minimum_events} or more to stand "
        "on."
    )


def _format_signed(effect: float) -> str:
    """Return an effect in whole per cent, without a sign if it rounds to 0."""
    return f"{effect:+.0%}" if round(effect, 2) else "0%"


def _format_better(effect: float) -> str:
    return f"{abs(effect):.0%} {'better' if effect >= 0 else 'worse'}"


def _format_metric(metric: str) -> str:
    return metric.replace("_", " ")
