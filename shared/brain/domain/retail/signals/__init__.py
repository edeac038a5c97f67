"""The signals that may move a shop's sales, per day: weather, calendar and events."""
