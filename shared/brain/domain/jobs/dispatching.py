"""When each client's share of a scheduled run may start: spread over the jitter window, always the same for it."""

import hashlib
from datetime import datetime, timedelta

# Enqueued with the daily analysis, once for everyone: the one writer that learns from all clients' outcomes.
LEARNING = "brainLearning"
LEARNING_FOLLOWS = "brainDailyAnalysis"
EVERYONE = "_everyone"
# Enqueued with the hourly scores. A task of this job that fails is not retried: the next hour has its own.
RETRY_DEAD_LETTERS = "brainRetryDeadLetters"
# A shop gets its report whether marketing events came or not.
WEEKLY_REPORT = "brainWeeklyReport"


def not_before(job: str, client_id: str, scheduled_at: datetime, jitter: timedelta) -> datetime:
    """Return the moment from which the client's task may start, by a hash of its id; nothing sleeps."""
    digest = hashlib.sha256(f"{job}|{client_id}".encode()).digest()
    return scheduled_at + jitter * (int.from_bytes(digest[:4], "big") / 2**32)
