"""``brain retail product-weather``: measure how weather changes the sales of each product."""

from dataclasses import asdict

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import AllOption, AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import format_interval, format_percent, print_json, print_table, print_text
from brain.domain.retail.product_weather import MIN_DAYS, WeatherElasticity
from brain.services.retail.product_weather import measure_product_weather

COLUMNS = ("store", "product", "reading", "effect>", "90 % interval>", "sure>", "claimed")


def product_weather(
    as_of: AsOfOption = None,
    list_all: AllOption = False,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure how rain, temperature, wind and clouds change the sales of each product.

    Estimates of products with few sales are pulled towards those of the
    others. An effect is claimed when its sign is 95 % certain.
    """
    with open_warehouse(database) as warehouse:
        effects = measure_product_weather(warehouse, as_of, store)
    if as_json:
        print_json([asdict(effect) for effect in effects])
        return
    listed = [effect for effect in effects if list_all or effect.claimed]
    if listed:
        rows = [_build_row(effect) for effect in sorted(listed, key=lambda effect: -abs(effect.effect))]
        print_table("What weather does to products", COLUMNS, rows, "rain: a wet day; others: one standard deviation")
    if effects:
        claimed = sum(effect.claimed for effect in effects)
        print_text(f"{claimed} of {len(effects)} effects are significant: their sign is 95 % certain.")
    else:
        print_text(f"Not enough data yet: a product needs {MIN_DAYS} open days with known weather.")


def _build_row(effect: WeatherElasticity) -> tuple[object, ...]:
    return (
        effect.store_id,
        effect.product_id,
        effect.reading,
        format_percent(effect.effect),
        format_interval(effect.lower, effect.upper),
        f"{effect.confidence:.0%}",
        "yes" if effect.claimed else "",
    )
