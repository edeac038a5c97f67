"""``brain retail …``: the shop's brain on the shop's own database."""
