"""The cells of a hypothesis in the tables of ``brain retail curiosity`` and ``brain retail ledger``."""

from brain.cli.retail.output import format_interval, format_percent
from brain.domain.retail.curiosity.ledger import HypothesisEntry
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES

COLUMNS = ("state", "whose sales", "question", "effect>", "interval>", "p>")


def build_hypothesis_row(entry: HypothesisEntry) -> tuple[object, ...]:
    """Return the cells of ``COLUMNS``."""
    subject = entry.store_id if entry.product_id == ALL_PRODUCTS else f"{entry.store_id}: {entry.product_id}"
    return (
        entry.state.replace("_", " "),
        subject.replace(ALL_STORES, "all stores"),
        entry.template,
        "" if entry.effect is None else format_percent(entry.effect),
        "" if entry.effect is None else format_interval(entry.lower, entry.upper),
        "" if entry.p_value is None else f"{entry.p_value:.2g}",
    )
