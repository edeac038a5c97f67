"""How much each signal moves sales: regression, partial pooling, and the ledger of claimed effects."""
