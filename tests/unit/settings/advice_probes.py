"""Probes of the catalogue of moves, through ``brain recommend``."""

import json
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from unit.settings.changed_files import read_tree
from unit.settings.changes import KeyPath, replace
from unit.settings.gateway_probes import run_command
from unit.settings.settings_file import SettingsFile

from brain.domain.recommendations.catalogue import MoveCatalogue
from brain.settings.files import load_config

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SUBJECT = "instagram"
TREE = read_tree("triggers")
OPTIONAL_MOVES = {
    "hard_move": TREE["moves"]["platform_idle"] | {"effort": "high"},  # an effort that no move of the file needs
}
CLIENT = {"client_id": "acme", "as_of": NOW.isoformat(), "currency": "EUR"}


def probe_holding_moves() -> object:
    """Recommend moves to clients for whom the conditions of one move hold exactly."""
    return [recommend(CLIENT | {"metrics": _read_thresholds(code)}) for code in _list_moves()]


def probe_unknown_moves() -> object:
    """Recommend moves to clients of whom nothing is known, which leaves the moves that may be tried."""
    clients = [CLIENT | {"client_id": f"client-{number}"} for number in range(4)]
    return [recommend(client | {"metrics": {}}, "--limit", "10") for client in clients]


def probe_cooldowns() -> object:
    """Recommend moves to clients to whom one of them was shown a little less or more than its cooldown ago."""
    contexts = []
    for code, move in _list_moves().items():
        for hours in (-6, 6):
            shown_at = NOW - timedelta(days=move["cooldown_days"], hours=hours)
            past = {"recommendation_id": "old", "reason_code": code, "subject": SUBJECT, "shown_at": str(shown_at)}
            contexts.append(CLIENT | {"metrics": _read_thresholds(code), "history": [past]})
    return [recommend(context) for context in contexts]


def _list_moves() -> dict[str, dict[str, Any]]:
    """Return the loaded moves as the unchanged file states them."""
    moves = TREE["moves"] | OPTIONAL_MOVES
    return {code: moves[code] for code in load_config("triggers", MoveCatalogue).moves if code in moves}


@cache
def _read_thresholds(code: str) -> dict[str, Any]:
    """Return readings that lie on the thresholds of a move."""
    move = (TREE["moves"] | OPTIONAL_MOVES)[code]
    return {name.rpartition("_")[0]: _build_reading(threshold) for name, threshold in move["when"].items()}


def _build_reading(value: float, **fields: Any) -> list[dict[str, Any]]:
    reading = {
        "value": float(value), "subject": SUBJECT, "lower": value - 0.01, "upper": value + 0.02, "observations": 90,
    }  # fmt: skip
    return [reading | fields]


def recommend(context: dict[str, Any], *options: str) -> object:
    """Run ``brain recommend`` on a context."""
    return run_command("recommend", "-", "--seed", "1", *options, input=json.dumps(context))


def probe_policy() -> object:
    """Recommend moves to a client for whom much is known: readings, past moves, answers and what others saw."""
    return recommend(_build_rich_context())


def probe_limits() -> object:
    """Ask for the usual number of moves, and for as many as there may be or more."""
    context = CLIENT | {"metrics": {}}
    return [recommend(context), *(recommend(context, "--limit", str(limit)) for limit in (5, 9, 10, 11, 15))]


@cache
def _build_rich_context() -> dict[str, Any]:
    moves = TREE["moves"]
    metrics: dict[str, Any] = {}
    for number, move in enumerate(moves.values()):
        for name, threshold in move["when"].items():
            metrics[name.rpartition("_")[0]] = _build_reading(
                threshold,
                confidence=(0.2, 0.55, 0.61, 0.75, 0.95)[number % 5],
                observed_at=(NOW - timedelta(days=(0, 1, 4, 9)[number % 4])).isoformat(),
            )
    codes = list(moves)
    history, feedback = [], []
    for number in range(40):
        shown_at = NOW - timedelta(days=20 + 2 * number)
        past = {
            "recommendation_id": f"r{number}",
            "reason_code": codes[number % len(codes)],
            "subject": (SUBJECT, "another")[number // 2 % 2],
            "shown_at": shown_at.isoformat(),
            "move_type": ("exploit", "self_generated")[number % 2],
        }
        if number % 3 == 0:
            outcome = {"effect": 0.1 - number / 100, "standard_error": 0.08}
            past["outcome"] = outcome | {"measured_at": (shown_at + timedelta(days=15)).isoformat()}
        else:
            status = ("accepted", "dismissed", "done")[number % 5 % 3]
            answered_at = (shown_at + timedelta(days=1)).isoformat()
            feedback.append({"recommendation_id": f"r{number}", "status": status, "at": answered_at})
        history.append(past)
    priors = {
        code: {"clients": clients, "successes": 3.0, "failures": 9.0, "effect_mean": 0.05, "effect_sd": 0.1}
        for code, clients in zip(codes, (4, 5, 6, 7, 9) * 6, strict=False)
    }
    return CLIENT | {"metrics": metrics, "history": history, "feedback": feedback, "priors": priors}


def probe_metric_list() -> object:
    """Report a metric that does not exist, for which the error lists those there are."""
    return recommend(CLIENT | {"metrics": {"no_such_metric": 1.0}})


def balance_weights(tree: Any, path: KeyPath) -> Any:
    """Return the file with another weight of the score adapted, so that the weights still add up to 1."""
    if path[:2] != ("policy", "score_weights"):
        return tree
    weights = tree["policy"]["score_weights"]
    other = next(name for name in weights if name != path[-1])
    rest = 1 - sum(weight for name, weight in weights.items() if name != other)
    return replace(tree, ("policy", "score_weights", other), rest)


FILES = (
    SettingsFile(
        "triggers",
        MoveCatalogue,
        {
            "*_limit": [probe_limits],
            "*.meaning": [probe_metric_list],
            "*.cooldown_days": [probe_cooldowns],
            "*.trial": [probe_unknown_moves],
            "moves.*": [probe_holding_moves, probe_unknown_moves],
            "metrics.*": [probe_holding_moves, probe_metric_list],
            "*": [probe_policy],
        },
        independent="moves",
        optional={f"moves.{code}": move for code, move in OPTIONAL_MOVES.items()},
        adjust=balance_weights,
    ),
)
