"""Everything between a sender and a stored event: keys, signatures, budgets, identity, dead letters, books, erasure."""
