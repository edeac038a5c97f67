"""How much each signal moves sales: regression, pooling and the effect ledger."""
