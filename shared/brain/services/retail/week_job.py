"""What moved the last seven days' sales of a client's stores, published every night for the reports."""

from brain.domain.retail.config import RetailConfig
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.series import sum_by_store
from brain.domain.retail.week_explanation import explain_week
from brain.services.retail.facts import Known
from brain.services.retail.own_shop import OwnShop
from brain.services.retail.shop_job import Findings, Step


def week_step(config: RetailConfig) -> Step:
    """Return the step; it publishes ``shop-week`` and keeps nothing in the tables."""

    def find(shop: OwnShop, known: Known) -> Findings:
        del shop
        weeks = explain_week(sum_by_store(known.series), known.facts, known.last_day, config)
        return Findings({"stores_explained": len(weeks)}, {"rows": to_json_value(weeks)})

    return Step("week", "shop-week", {"rows": []}, find)
