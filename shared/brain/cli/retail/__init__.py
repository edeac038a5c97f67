"""``brain retail …``: analyse a shop on its own database."""
