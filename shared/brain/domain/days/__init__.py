"""A client's days: sums, breakdowns, scored events, and comparisons between them."""
