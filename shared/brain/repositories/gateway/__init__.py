"""Documents of the gateway: events, dead letters, keys, counters, budgets."""
