"""Everything that may move a shop's sales: weather, calendar and events, day by day."""
