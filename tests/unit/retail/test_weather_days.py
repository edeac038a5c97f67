"""Daily weather in all versions that were known."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from brain.domain.retail.series import load_zone
from brain.domain.retail.weather_days import VARIABLES, WeatherDays, WeatherRow, build_weather_days

DAY = date(2024, 7, 1)
NOON = datetime(2024, 7, 1, 12, tzinfo=UTC)


def _read_version(days: WeatherDays, version: int) -> dict[str, float]:
    return dict(zip(VARIABLES, days.values[version].tolist(), strict=True))


def test_an_observation_without_known_at_is_known_at_the_end_of_its_day() -> None:
    """Nobody knew the day's weather before its end."""
    days = build_weather_days("a", [WeatherRow("a", DAY, 20.0, 3.0)], load_zone("Europe/Berlin"))
    assert days.known_on.tolist() == [DAY]
    hourly = build_weather_days(
        "a", [WeatherRow("a", NOON, 20.0), WeatherRow("a", NOON.replace(hour=13, tzinfo=None), 22.0)], load_zone("UTC")
    )
    assert hourly.known_on.tolist() == [DAY]
    assert _read_version(hourly, 0)["temperature_c"] == 21.0


def test_forecasts_come_before_the_observation_that_replaces_them() -> None:
    """Each version holds the newest row known by then."""
    rows = [
        WeatherRow("a", NOON, 25.0, known_at=NOON - timedelta(days=2)),
        WeatherRow("a", NOON, 22.0, known_at=NOON - timedelta(days=1)),
        WeatherRow("a", NOON, 20.0),
    ]
    days = build_weather_days("a", rows, load_zone("UTC"))
    assert [str(day) for day in days.known_on] == ["2024-06-29", "2024-06-30", "2024-07-01"]
    assert days.values[:, 0].tolist() == [25.0, 22.0, 20.0]


def test_a_naive_known_at_is_local_time() -> None:
    """A feed without offsets writes the store's local time."""
    row = WeatherRow("a", DAY, 25.0, known_at=datetime(2024, 6, 30, 20))  # noqa: DTZ001 - local by contract
    assert build_weather_days("a", [row], load_zone("America/New_York")).known_on.tolist() == [date(2024, 6, 30)]


def test_a_missing_reading_is_unknown_and_not_zero() -> None:
    """Readings that are not reported stay NaN."""
    values = _read_version(build_weather_days("a", [WeatherRow("a", DAY, 20.0, float("nan"))], load_zone("UTC")), 0)
    assert np.isnan([values["precipitation_mm"], values["wind_kmh"], values["cloud_cover"]]).all()
    assert values["snow"] == 0.0


@pytest.mark.parametrize(
    ("condition", "snow"), [("73", 1.0), ("61", 0.0), ("light snow", 1.0), (None, 0.0), ("snowing", 1.0), ("", 0.0)]
)
def test_snow_is_read_from_codes_and_words(condition: str | None, snow: float) -> None:
    """WMO codes and plain words."""
    assert (
        _read_version(build_weather_days("a", [WeatherRow("a", DAY, condition=condition)], load_zone("UTC")), 0)["snow"]
        == snow
    )


def test_no_weather_is_an_empty_table() -> None:
    """A store without a weather station has no versions."""
    assert build_weather_days("a", [], load_zone("UTC")).values.shape == (0, len(VARIABLES))
