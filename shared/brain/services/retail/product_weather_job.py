"""What weather does to products, when stores sell, and which stores move together, published every night."""

from brain.domain.retail.cross_store import measure_store_pairs
from brain.domain.retail.documents import to_json_value
from brain.domain.retail.product_weather import estimate_weather_elasticities
from brain.domain.retail.series import sum_by_store
from brain.errors import InvalidInputError
from brain.services.retail.facts import Known
from brain.services.retail.own_shop import OwnShop
from brain.services.retail.shop_job import Findings, Step
from brain.services.retail.time_of_day import time_of_day

NO_WEATHER = "there is no weather of these stores; import some with `brain retail import --weather FILE.csv`"


def steps() -> tuple[Step, ...]:
    """Return the job's steps: products and weather, hours of the day, stores and each other."""
    return (
        Step("product_weather", "shop-product-weather", {"rows": []}, _product_weather),
        Step("time_of_day", "shop-time-of-day", {"hours": [], "rain": []}, _time_of_day),
        Step("cross_store", "shop-cross-store", {"rows": []}, _cross_store),
    )


def _product_weather(_: OwnShop, known: Known) -> Findings:
    if not known.facts.weather:
        raise InvalidInputError(NO_WEATHER)
    rows = estimate_weather_elasticities(known.series, known.facts)
    surest = sorted(rows, key=lambda row: (-row.confidence, row.store_id, row.product_id or "", row.reading))
    return Findings(
        {"product_weather": len(rows), "product_weather_claimed": sum(row.claimed for row in rows)},
        {"rows": to_json_value(surest)},
    )


def _time_of_day(shop: OwnShop, _: Known) -> Findings:
    found = time_of_day(shop)
    return Findings(
        {"hours": len(found.hours), "rain_shifts_claimed": sum(shift.claimed for shift in found.rain)},
        {"hours": to_json_value(found.hours), "rain": to_json_value(found.rain)},
    )


def _cross_store(_: OwnShop, known: Known) -> Findings:
    totals = sum_by_store(known.series)
    if len(totals) == 1:
        raise InvalidInputError(f"there is one store only, {totals[0].store_id}; comparing stores needs two")
    pairs = sorted(measure_store_pairs(totals), key=lambda pair: (pair.p_value, pair.first, pair.second, pair.relation))
    return Findings(
        {"pairs": len(pairs), "pairs_claimed": sum(pair.claimed for pair in pairs)}, {"rows": to_json_value(pairs)}
    )
