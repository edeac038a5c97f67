"""The simulated shop: three cafés, two years of sales, weather and a calendar, and planted effects."""

import math
import random
from collections.abc import Iterator
from datetime import date, timedelta

from brain.cli.demo.agency import BERLIN, DAYS, START
from brain.domain.clients.client import Client
from brain.domain.retail.roi.shop_decision import DecisionKind, ShopDecision

STORES = ("arena", "station", "terrace")
CAFES = Client("harbour", "Harbour Cafés", "d2c", BERLIN, "EUR", stores=STORES)
FIRST = date(2024, 9, 2)
LAST = (START + timedelta(days=DAYS - 1)).date()
OPENED = date(2026, 3, 2)
LEVEL = {"arena": 1400.0, "station": 900.0, "terrace": 1100.0}
PRODUCTS = {"coffee": 0.65, "cake": 0.35}
WEEKDAY = (0.95, 0.9, 0.92, 0.98, 1.1, 1.3, 0.85)
RAIN_RATIO = 0.7
GAME_RATIO = 1.25
FINALS_RATIO = 0.85
PROMOTION_RATIO = 1.2
OPENING_RATIO = 0.84
DECOY = "street music"
PROMOTION = "two for one"
FINALS = tuple(
    (date(year, month, day), date(year, month, day + 11)) for year in (2025, 2026) for month, day in ((2, 3), (7, 6))
)
PROMOTED = tuple(
    (date(*start), date(*start) + timedelta(days=5))
    for start in ((2025, 4, 7), (2025, 10, 6), (2026, 5, 11), (2026, 10, 19))
)
DECISIONS = (
    ShopDecision(
        "two-for-one-autumn",
        DecisionKind.PROMOTION,
        *PROMOTED[-1],
        250.0,
        START + timedelta(days=50),
        "arena",
        note=PROMOTION,
    ),
    ShopDecision(
        "flyers",
        DecisionKind.POST,
        date(2026, 10, 5),
        date(2026, 10, 8),
        400.0,
        START + timedelta(days=40),
        "station",
        note="flyers that nobody read",
    ),
)
SALES_HEADER = "store_id,sold_at,product_id,category,quantity,revenue"
WEATHER_HEADER = "store_id,observed_at,temperature_c,precipitation_mm,wind_kmh,cloud_cover,condition"
EVENTS_HEADER = "event,class,start,end,store_id"


class SimulatedShop:
    """The cafés' files, as their tills, the weather service and the calendar would export them.

    ``earned`` is the revenue that the promotion among ``DECISIONS`` truly added.
    """

    def __init__(self, seed: int) -> None:
        rng = random.Random(f"shop-{seed}")  # noqa: S311 - a demonstration's world, not a secret
        self._rng = rng
        self._days = [FIRST + timedelta(days=k) for k in range((LAST - FIRST).days + 1)]
        self._rain = dict(zip(self._days, _draw_rain(rng, len(self._days)), strict=True))
        coming_days = [LAST + timedelta(days=k) for k in range(1, 29)]
        saturdays = [day for day in self._days + coming_days if day.weekday() == 5 and day.month not in (6, 7)]  # noqa: PLR2004
        self.games = set(saturdays[::2])
        self.decoys = set(rng.sample(self._days, 60))
        self.earned = 0.0
        self._sales = list(self._simulate_sales())

    def sales(self) -> Iterator[str]:
        """Yield one line per store, product and day, with its total."""
        yield SALES_HEADER
        yield from self._sales

    def _simulate_sales(self) -> Iterator[str]:
        for day in self._days:
            mood = self._rng.gauss(0, 0.04)
            for store in STORES:
                if store != "station" or day >= OPENED:
                    yield from self._simulate_day(store, day, mood)

    def _simulate_day(self, store: str, day: date, mood: float) -> Iterator[str]:
        season = 0.12 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 100) / 365.25)
        level = LEVEL[store] * WEEKDAY[day.weekday()] * math.exp(season + mood) * self._multiply_effects(store, day)
        for product, share in PRODUCTS.items():
            revenue = level * share * math.exp(self._rng.gauss(0, 0.06))
            if store == "arena" and DECISIONS[0].start <= day <= DECISIONS[0].end:
                self.earned += revenue * (1 - 1 / PROMOTION_RATIO)
            yield f"{store},{day},{product},,{revenue / 4:.0f},{revenue:.2f}"

    def _multiply_effects(self, store: str, day: date) -> float:
        """Return the product of all planted effects on a store's day."""
        effects = (
            (store == "terrace" and self._rain[day], RAIN_RATIO),
            (store == "arena" and day in self.games, GAME_RATIO),
            (any(start <= day <= end for start, end in FINALS), FINALS_RATIO),
            (store == "arena" and any(start <= day <= end for start, end in PROMOTED), PROMOTION_RATIO),
            (store == "terrace" and 0 <= (day - OPENED).days < 28, OPENING_RATIO),  # noqa: PLR2004 - four weeks
        )
        return math.prod(ratio for acts, ratio in effects if acts)

    def weather(self) -> Iterator[str]:
        """Yield one reading per store and day."""
        yield WEATHER_HEADER
        for day in self._days:
            warm = 11 + 9 * math.sin(2 * math.pi * (day.timetuple().tm_yday - 110) / 365.25) + self._rng.gauss(0, 3)
            wet = self._rng.uniform(2, 9) if self._rain[day] else 0.0
            clouds = min(max(self._rng.gauss(0.6 if wet else 0.4, 0.25), 0.0), 1.0)
            reading = f"{warm:.1f},{wet:.1f},{self._rng.uniform(5, 25):.0f},{clouds:.2f},{'rain' if wet else 'dry'}"
            for store in STORES:
                yield f"{store},{day}T12:00:00,{reading}"

    def events(self) -> Iterator[str]:
        """Yield the calendar: games, finals, promotions, the opening, and the decoy."""
        yield EVENTS_HEADER
        yield from (f"home game,home_game,{day},{day},arena" for day in sorted(self.games))
        yield from (f"finals week,academic_finals,{start},{end}," for start, end in FINALS)
        yield from (f"{PROMOTION},promotion,{start},{end},arena" for start, end in PROMOTED)
        yield f"station opens,store_opening,{OPENED},{OPENED + timedelta(days=27)},terrace"
        yield from (f"{DECOY},street_music,{day},{day}," for day in sorted(self.decoys))


def _draw_rain(rng: random.Random, count: int) -> Iterator[bool]:
    """Yield whether it rains, in spells, on about three days in ten."""
    wet = False
    for _ in range(count):
        wet = rng.random() < (0.6 if wet else 0.17)
        yield wet
