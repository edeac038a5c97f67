"""The cells of a hypothesis in the tables of ``brain retail curiosity`` and ``brain retail ledger``."""

from brain.cli.retail.output import format_interval, format_percent
from brain.domain.retail.curiosity.ledger import HypothesisEntry
from brain.domain.retail.wildcards import ALL_PRODUCTS, ALL_STORES

COLUMNS = ("state", "whose sales", "question", "effect>", "interval>", "p>")


def build_hypothesis_row(hypothesis: HypothesisEntry) -> tuple[object, ...]:
    """Return the cells of ``COLUMNS``."""
    subject = (
        hypothesis.store_id
        if hypothesis.product_id == ALL_PRODUCTS
        else f"{hypothesis.store_id}: {hypothesis.product_id}"
    )
    return (
        hypothesis.state.replace("_", " "),
        subject.replace(ALL_STORES, "all stores"),
        hypothesis.template,
        "" if hypothesis.effect is None else format_percent(hypothesis.effect),
        "" if hypothesis.effect is None else format_interval(hypothesis.lower, hypothesis.upper),
        "" if hypothesis.p_value is None else f"{hypothesis.p_value:.2g}",
    )
