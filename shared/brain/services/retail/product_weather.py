"""Measures what weather does to each product from what is in the warehouse."""

from datetime import date

from brain.domain.retail.product_weather import WeatherElasticity, estimate_weather_elasticities
from brain.errors import InvalidInputError
from brain.ports.sales_warehouse import Shop
from brain.services.retail.facts import known_store, read_known


def measure_product_weather(
    warehouse: Shop, as_of: date | None = None, store_id: str | None = None
) -> list[WeatherElasticity]:
    """The elasticities of every product up to ``as_of``; ``store_id`` chooses whose come back, all are measured.

    Raises InvalidInputError for an unknown store, without sales, or without any weather.
    """
    known = read_known(warehouse, until=as_of)
    if store_id is not None:
        known_store(known.facts.stores, store_id)
    if not known.facts.weather:
        raise InvalidInputError("there is no weather; import some with `brain retail import --weather FILE.csv`")
    rows = estimate_weather_elasticities(known.series, known.facts)
    return [row for row in rows if store_id in {None, row.store_id}]
