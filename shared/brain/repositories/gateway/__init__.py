"""The gateway's documents: events, dead letters, API keys, ingest counters, rate budgets, warnings and erasures."""
