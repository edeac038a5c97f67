"""Commands around events: ingest, keys, dead letters, reconciliation, erasure."""
