"""The days of a client: daily sums, their breakdowns, scored events, and comparisons between them."""
