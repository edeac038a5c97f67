"""Every path of a document; the security rules, the dashboard and the indexes rely on these names.

A document path has an even number of segments. Identifiers are validated where they enter the service, so these
functions only join them.
"""

from datetime import UTC, datetime


def format_timestamp(moment: datetime) -> str:
    """Return a time in UTC as a sortable path segment, to the microsecond."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


CLIENTS = "clients"


def client(client_id: str) -> str:
    """A client's name, vertical, time zone, currency, stores and campaigns."""
    return f"clients/{client_id}"


def events(client_id: str) -> str:
    """The collection of a client's events."""
    return f"clients/{client_id}/events"


def event(client_id: str, event_id: str) -> str:
    """One event in its latest revision."""
    return f"clients/{client_id}/events/{event_id}"


def field_maps(client_id: str) -> str:
    """The collection of a client's field maps."""
    return f"clients/{client_id}/field_maps"


def field_map(client_id: str, name: str) -> str:
    """How the columns of a client's rows become fields of events."""
    return f"clients/{client_id}/field_maps/{name}"


def revisions(client_id: str, event_id: str) -> str:
    """The collection of an event's revisions."""
    return f"clients/{client_id}/events/{event_id}/revisions"


def revision(client_id: str, event_id: str, known_at: datetime) -> str:
    """An event as it was received at ``known_at``."""
    return f"{revisions(client_id, event_id)}/{format_timestamp(known_at)}"


def scores(client_id: str) -> str:
    """The collection of a client's scores."""
    return f"clients/{client_id}/scores"


def score(client_id: str, event_id: str) -> str:
    """The score of one event."""
    return f"clients/{client_id}/scores/{event_id}"


def anomaly(client_id: str, anomaly_id: str) -> str:
    """One incident of the anomaly detection."""
    return f"clients/{client_id}/anomalies/{anomaly_id}"


def prediction(client_id: str, prediction_id: str) -> str:
    """The predicted result of one platform and content type in one week."""
    return f"clients/{client_id}/predictions/{prediction_id}"


def recommendation(client_id: str, recommendation_id: str) -> str:
    """One recommended move."""
    return f"clients/{client_id}/recommendations/{recommendation_id}"


def outcome(client_id: str, outcome_id: str) -> str:
    """The outcome of a prediction or a move, recorded once."""
    return f"clients/{client_id}/outcomes/{outcome_id}"


def outcomes(client_id: str) -> str:
    """The collection of the outcomes of a client's predictions and moves."""
    return f"clients/{client_id}/outcomes"


def report(client_id: str, kind: str, period: str) -> str:
    """One report, such as ``weekly-2026-W47``."""
    return f"clients/{client_id}/reports/{kind}-{period}"


def warning(client_id: str, kind: str) -> str:
    """One kind of warning about the client's feeds."""
    return f"clients/{client_id}/warnings/{kind}"


def warnings(client_id: str) -> str:
    """The collection of the warnings about the client's feeds."""
    return f"clients/{client_id}/warnings"


def ledger(client_id: str, entry_id: str) -> str:
    """The current state of one hypothesis or effect of the shop."""
    return f"clients/{client_id}/ledger/{entry_id}"


def feedback(client_id: str, recommendation_id: str) -> str:
    """A user's answer to a recommendation."""
    return f"clients/{client_id}/feedback/{recommendation_id}"


def view(client_id: str, page: str) -> str:
    """The content of one page of the dashboard."""
    return f"clients/{client_id}/views/{page}"


def state(client_id: str, name: str) -> str:
    """The state of a job, read by the job alone."""
    return f"clients/{client_id}/state/{name}"


def report_levels(client_id: str, feed: str) -> str:
    """The levels at which one feed of a client sends reports."""
    return state(client_id, f"report_levels-{feed}")


def slate(client_id: str, period: str) -> str:
    """The log of one slate of moves: all candidates and their probabilities, the context and the seed."""
    return state(client_id, f"slate-{period}")


def model(name: str) -> str:
    """The current state of a model."""
    return f"system/brain/models/{name}"


def model_history(name: str, iteration: int) -> str:
    """The state of a model after one iteration."""
    return f"{model(name)}/history/{iteration:08}"


def model_decision(name: str, decision_id: str) -> str:
    """One reproducible decision between two models."""
    return f"{model(name)}/decisions/{decision_id}"


def model_evidence(name: str, decision_id: str, page: int) -> str:
    """One page of the paired errors behind a decision."""
    return f"{model_decision(name, decision_id)}/evidence/{page:06}"


DEAD_LETTERS = "system/brain/dead_letter_queue"
FEATURES = "system/brain/features"
RUNS = "system/brain/runs"
KEYS = "system/brain/keys"
RATES = "system/brain/rates"
COUNTERS = "system/brain/counters"
ERASURES = "system/brain/erasures"
DISPATCHES = "system/brain/dispatches"
SIGNATURES = "system/brain/signatures"


def dead_letter(dead_letter_id: str) -> str:
    """A failed request or task."""
    return f"{DEAD_LETTERS}/{dead_letter_id}"


def feature(flag: str) -> str:
    """An override of a feature flag."""
    return f"{FEATURES}/{flag}"


def dispatch(job: str) -> str:
    """The latest dispatch of a job."""
    return f"{DISPATCHES}/{job}"


def run(job: str, client_id: str, scheduled_at: datetime) -> str:
    """One run of one job for one client."""
    return f"{RUNS}/{job}:{client_id}:{format_timestamp(scheduled_at)}"


def api_key(key_hash: str) -> str:
    """An API key, by its hash."""
    return f"{KEYS}/{key_hash}"


def rate(key: str) -> str:
    """A rate budget and its shares."""
    return f"{RATES}/{key}"


def erasure(erasure_id: str) -> str:
    """The receipt of one person's erasure."""
    return f"{ERASURES}/{erasure_id}"


def counter(client_id: str, counter_id: str) -> str:
    """An ingest counter: of an hour (``2026-11-22T07``), a week (``2026-W47``), a delivery or a dead letter."""
    return f"{COUNTERS}/{client_id}:{counter_id}"


def signature(delivery_id: str) -> str:
    """A signed delivery that was accepted lately, so that a replay is refused."""
    return f"{SIGNATURES}/{delivery_id}"
