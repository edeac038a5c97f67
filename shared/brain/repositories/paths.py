"""Every document path there is; the rules, the dashboard and the indexes rely on these names.

A document path has an even number of segments. Identifiers are checked where they enter the service, so these
functions only join.
"""

from datetime import UTC, datetime


def stamp(at: datetime) -> str:
    """Return a time as a path segment that sorts, to the microsecond, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


CLIENTS = "clients"


def client(client_id: str) -> str:
    """A client's name, vertical, time zone, currency, plan and flags."""
    return f"clients/{client_id}"


def events(client_id: str) -> str:
    """The collection of a client's events."""
    return f"clients/{client_id}/events"


def event(client_id: str, event_id: str) -> str:
    """One event as it is known now."""
    return f"clients/{client_id}/events/{event_id}"


def revisions(client_id: str, event_id: str) -> str:
    """The collection of what an event was known to be before."""
    return f"clients/{client_id}/events/{event_id}/revisions"


def revision(client_id: str, event_id: str, known_at: datetime) -> str:
    """An event as it was known from ``known_at`` on."""
    return f"{revisions(client_id, event_id)}/{stamp(known_at)}"


def scores(client_id: str) -> str:
    """The collection of a client's scores."""
    return f"clients/{client_id}/scores"


def score(client_id: str, event_id: str) -> str:
    """The score of one event."""
    return f"clients/{client_id}/scores/{event_id}"


def anomaly(client_id: str, anomaly_id: str) -> str:
    """One incident."""
    return f"clients/{client_id}/anomalies/{anomaly_id}"


def prediction(client_id: str, prediction_id: str) -> str:
    """What one platform's content type should bring in one week."""
    return f"clients/{client_id}/predictions/{prediction_id}"


def recommendation(client_id: str, recommendation_id: str) -> str:
    """One next best move that was shown."""
    return f"clients/{client_id}/recommendations/{recommendation_id}"


def outcome(client_id: str, outcome_id: str) -> str:
    """What became of a prediction or a move, recorded once."""
    return f"clients/{client_id}/outcomes/{outcome_id}"


def outcomes(client_id: str) -> str:
    """The collection of what became of a client's predictions and moves."""
    return f"clients/{client_id}/outcomes"


def report(client_id: str, kind: str, period: str) -> str:
    """One report, such as ``weekly-2026-W47``."""
    return f"clients/{client_id}/reports/{kind}-{period}"


def warning(client_id: str, kind: str) -> str:
    """What the client should know about its own feeds, one document a kind."""
    return f"clients/{client_id}/warnings/{kind}"


def ledger(client_id: str, entry_id: str) -> str:
    """One question or effect of the shop, as it stands."""
    return f"clients/{client_id}/ledger/{entry_id}"


def feedback(client_id: str, recommendation_id: str) -> str:
    """A user's answer to a recommendation."""
    return f"clients/{client_id}/feedback/{recommendation_id}"


def view(client_id: str, page: str) -> str:
    """What one page of the dashboard shows."""
    return f"clients/{client_id}/views/{page}"


def state(client_id: str, name: str) -> str:
    """A job's rolling state; nobody but the job reads it."""
    return f"clients/{client_id}/state/{name}"


def slate(client_id: str, period: str) -> str:
    """The log of one slate of moves: every candidate, every chance, the context and the seed."""
    return state(client_id, f"slate-{period}")


def model(name: str) -> str:
    """A model's current learned state."""
    return f"system/brain/models/{name}"


def model_history(name: str, iteration: int) -> str:
    """A model as it was after one iteration."""
    return f"{model(name)}/history/{iteration:08}"


def model_decision(name: str, decision_id: str) -> str:
    """One decision between two models, which anyone can replay."""
    return f"{model(name)}/decisions/{decision_id}"


def model_evidence(name: str, decision_id: str, page: int) -> str:
    """One page of the pairs of errors that a decision rests on."""
    return f"{model_decision(name, decision_id)}/evidence/{page:06}"


DEAD_LETTERS = "system/brain/dead_letter_queue"
FEATURES = "system/brain/features"
GOLD_STANDARDS = "system/brain/gold_standards"
RUNS = "system/brain/runs"
KEYS = "system/brain/keys"
RATES = "system/brain/rates"
COUNTERS = "system/brain/counters"
ERASURES = "system/brain/erasures"
SIGNATURES = "system/brain/signatures"


def dead_letter(dead_letter_id: str) -> str:
    """What was accepted and could not be taken."""
    return f"{DEAD_LETTERS}/{dead_letter_id}"


def feature(flag: str) -> str:
    """A live override of a feature flag."""
    return f"{FEATURES}/{flag}"


def run(job: str, client_id: str, scheduled_at: datetime) -> str:
    """One run of one job for one client."""
    return f"{RUNS}/{job}:{client_id}:{stamp(scheduled_at)}"


def api_key(key_hash: str) -> str:
    """A sender's API key, found by its hash."""
    return f"{KEYS}/{key_hash}"


def rate(key: str) -> str:
    """A shared rate budget."""
    return f"{RATES}/{key}"


def erasure(erasure_id: str) -> str:
    """The receipt of one person's erasure."""
    return f"{ERASURES}/{erasure_id}"


def counter(client_id: str, period: str) -> str:
    """A client's books for an hour (``2026-11-22T07``) or a week (``2026-W47``)."""
    return f"{COUNTERS}/{client_id}:{period}"


def signature(delivery: str) -> str:
    """What was signed and taken lately, so that it is not taken twice."""
    return f"{SIGNATURES}/{delivery}"
