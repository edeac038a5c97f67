"""Measure how weather changes the sales of each product; the nightly job publishes the effects."""

from datetime import date

from brain.domain.retail.documents import to_json_value
from brain.domain.retail.product_weather import WeatherElasticity, estimate_weather_elasticities
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import ShopDatabase
from brain.services.retail.client_shop import ClientShop
from brain.services.retail.resumable_job import ShopStep, StepFindings
from brain.services.retail.shop_history import ShopHistory, check_store_exists, read_shop_history


def measure_product_weather(
    warehouse: ShopDatabase, as_of: date | None = None, store_id: str | None = None
) -> list[WeatherElasticity]:
    """Measure every product up to ``as_of``; ``store_id`` returns the effects of that store only.

    All products are measured together in either case. Raises InvalidInputError for an unknown store, without sales,
    or without any weather.
    """
    history = read_shop_history(warehouse, until=as_of)
    if store_id is not None:
        check_store_exists(history.shop_data.stores, store_id)
    return [effect for effect in _estimate_elasticities(history) if store_id in {None, effect.store_id}]


def build_product_weather_step() -> ShopStep:
    """Return the step that measures a client's products and publishes the effects, the most certain first."""
    return ShopStep("product_weather", "shop-product-weather", {"rows": []}, _publish_effects)


def _publish_effects(_: ClientShop, history: ShopHistory) -> StepFindings:
    effects = sorted(
        _estimate_elasticities(history),
        key=lambda effect: (-effect.confidence, effect.store_id, effect.product_id or "", effect.reading),
    )
    claimed = sum(effect.claimed for effect in effects)
    return StepFindings(
        {"product_weather": len(effects), "product_weather_claimed": claimed}, {"rows": to_json_value(effects)}
    )


def _estimate_elasticities(history: ShopHistory) -> list[WeatherElasticity]:
    if not history.shop_data.weather:
        raise InvalidInputError(
            "there is no weather of these stores; import some with `brain retail import --weather FILE.csv`"
        )
    return list(estimate_weather_elasticities(history.series, history.shop_data))
