"""From a sender to a stored event: authentication, rate limits, ingest, dead letters, reconciliation and erasure."""
