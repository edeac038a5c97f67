"""The ids that stand for every store and every product in tables, documents and commands."""

from typing import Final

ALL_STORES: Final = "*"
"""The ``store_id`` of a figure for all stores of a shop together."""

ALL_PRODUCTS: Final = "*"
"""The ``product_id`` of a figure for all products of a store; domain types say None instead."""
