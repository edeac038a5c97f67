"""The slate: logged probabilities against draws, exploration, control, and what the policy learns.

``python -m benchmarks recommendations``. Clients are simulated, so what works is known: planted, one of five moves
works twice as often; null, all work equally. The last column always takes the move with the best score.
"""

import os
import random
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import mean
from typing import Any

from brain.domain.recommendations.advice import Advice, advise
from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.domain.recommendations.context import AdviceContext, parse_context
from brain.settings.files import load_config

DRAWS = int(os.environ.get("BRAIN_BENCH_DRAWS", "3000"))
CLIENTS = int(os.environ.get("BRAIN_BENCH_CLIENTS", "30"))
WEEKS = 40
FIRST = datetime(2026, 1, 5, 9, tzinfo=UTC)
WINNER = "hour_wins"
STATED = {
    "best_format_lift": [{"subject": "video", "value": 0.3}],
    "best_hour_lift": [{"subject": "18:00", "value": 0.2}],
    "click_rate": 0.01,
    "open_rate": 0.1,
    "engagement_trend_7d": 0.7,
}
ERROR = 0.05


def run() -> None:
    """Print the three tables."""
    triggers = load_config("triggers", MoveCatalogue)
    _shares(triggers)
    _frequencies(triggers)
    _weeks(triggers)


def _context(triggers: MoveCatalogue, at: datetime, history: list[dict[str, Any]]) -> AdviceContext:
    stated = {
        "client_id": "bench",
        "as_of": at.isoformat(),
        "metrics": STATED,
        "confidence": 0.8,
        "history": history,
    }
    return parse_context(stated, triggers.metrics)


def _shares(triggers: MoveCatalogue) -> None:
    context = _context(triggers, FIRST, [])
    known = 5
    print(f"{'limit':>6}{'slots':>9}{'explored':>10}{'held back':>11}{'ms per slate':>14}   ({DRAWS} seeds / limit)")
    for limit in range(1, triggers.policy.largest_limit + 1):
        start = time.process_time()
        advices = [advise(context, triggers, limit=limit, seed=seed) for seed in range(DRAWS // limit)]
        spent = 1000 * (time.process_time() - start) / len(advices)
        places = [place for advice in advices for place in advice.slots]
        explored, held = (100 * mean(getattr(p, name) for p in places) for name in ("explored", "held_back"))
        print(f"{limit:>6}{min(limit, known):>9}{explored:>9.1f}%{held:>10.1f}%{spent:>14.1f}")


def _frequencies(triggers: MoveCatalogue) -> None:
    context = _context(triggers, FIRST, [])
    shown: Counter[str] = Counter()
    first = advise(context, triggers, limit=1, seed=0).slots[0]
    for seed in range(DRAWS):
        place = advise(context, triggers, limit=1, seed=seed).slots[0]
        shown[place.drawn.candidate.reason_code] += bool(place.drawn and not place.held_back)
    print(f"\n{'first slot':<24}{'stated':>8}{'observed':>10}   ({DRAWS} seeds)")
    for chance in sorted(first.odds, key=lambda each: -each.shown):
        code = chance.candidate.reason_code
        print(f"{code:<24}{100 * chance.shown:>7.1f}%{100 * shown[code] / DRAWS:>9.1f}%")


def _weeks(triggers: MoveCatalogue) -> None:
    print(f"\n{CLIENTS} clients, {WEEKS} weeks, one move per week; {WINNER} works in 80 % of weeks, others in 40 %")
    print(f"{'':<24}{'winner, first 10 weeks':>24}{'last 10 weeks':>16}{'worked':>9}{'best score only':>17}")
    for name, chances in (("planted", {WINNER: 0.8}), ("null (all 40 %)", {})):
        early, late, worked, alone = zip(*(_client(triggers, chances, seed) for seed in range(CLIENTS)), strict=True)
        print(f"{name:<24}{100 * mean(early):>23.0f}%{100 * mean(late):>15.0f}%", end="")
        print(f"{100 * mean(worked):>8.0f}%{100 * mean(alone):>16.0f}%", flush=True)


def _client(triggers: MoveCatalogue, chances: dict[str, float], seed: int) -> tuple[float, float, float, float]:
    """Return the share of the winner early and late, how often the drawn move worked, and the best by score."""
    rng = random.Random(seed)  # noqa: S311 - a simulation, not a secret
    free = triggers.model_copy(
        update={"moves": {code: move.model_copy(update={"cooldown_days": 0}) for code, move in triggers.moves.items()}}
    )
    history: list[dict[str, Any]] = []
    picked, worked, alone = [], [], []
    for week in range(WEEKS):
        at = FIRST + timedelta(weeks=week)
        advice = advise(_context(free, at, history), free, limit=1, seed=seed)
        best = max(advice.eligible, key=lambda candidate: candidate.score)
        alone.append(rng.random() < chances.get(best.reason_code, 0.4))
        place = advice.slots[0]
        if place.drawn is None or place.held_back:
            continue
        code = place.drawn.candidate.reason_code
        picked.append((week, code == WINNER))
        worked.append(rng.random() < chances.get(code, 0.4))
        history.append(_record(advice, at, works=worked[-1]))
    early = [won for week, won in picked if week < WEEKS // 4]
    late = [won for week, won in picked if week >= WEEKS - WEEKS // 4]
    return mean(early or [0]), mean(late or [0]), mean(worked), mean(alone)


def _record(advice: Advice, at: datetime, *, works: bool) -> dict[str, Any]:
    place = advice.slots[0]
    assert place.drawn is not None
    candidate = place.drawn.candidate
    return {
        "recommendation_id": candidate.recommendation_id,
        "reason_code": candidate.reason_code,
        "subject": candidate.subject,
        "shown_at": at.isoformat(),
        "move_type": "self_generated" if place.explored else "exploit",
        "outcome": {
            "measured_at": (at + timedelta(days=6)).isoformat(),
            "effect": 0.15 if works else -0.02,
            "standard_error": ERROR,
        },
    }
