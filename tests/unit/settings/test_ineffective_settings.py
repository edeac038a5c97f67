"""Settings that would have no effect beside others are rejected, and so are names that nothing has."""

from typing import Any

import pytest
from pydantic import ValidationError
from unit.settings import changes
from unit.settings.files_and_probes import FILES
from unit.settings.settings_file import parse_path

CASES: tuple[tuple[str, str, Any, str], ...] = (
    ("feeds", "field_maps.daily_ads.time.hour", "hour", "time reads only column, naive_is_utc here, got hour"),
    ("feeds", "field_maps.daily_ads.time.week_starts", "sunday", "got week_starts"),
    ("feeds", "field_maps.facebook_live_posts.time.naive_is_utc", False, "time reads only column, format here"),
    ("feeds", "field_maps.facebook_ads_snapshot.time.hour", "hour", "time reads only constant here"),
    ("feeds", "field_maps.daily_ads.micros", ["clicks"], "micros must be of conversions, revenue, spend"),
    ("feeds", "field_maps.daily_ads.content_types", {"Photo": "image"}, "name that column"),
    ("brain_senders", "providers.meta.issuers", ["https://issuer.example"], "for the scheme openid only"),
    ("brain_senders", "providers.meta.keys_url", "https://issuer.example/keys", "for the scheme openid only"),
    ("hypotheses", "templates.8.transformation.spell", 3, "at most one of spell and first_after"),
    ("brain_analysis", "alarms.metrics", ["events", "applause"], "metrics must be of events, engagements"),
    ("brain_benchmarks", "cases.0.weights", {"beauty": 2.0}, "weights must be of engagement, impressions"),
    ("brain_learning", "weights.default", 20.0, "default must be from minimum 0.1"),
    ("triggers", "policy.default_limit", 11, "default_limit must be at most largest_limit 10, got 11"),
    ("warehouse", "tables", {"sales": {"name": "lines", "columns": {"shop": "store"}}}, "must be among store_id"),
    ("warehouse", "tables", {"sales": {"name": "lines", "columns": {"sold_at": None}}}, "must name sold_at, got none"),
)


@pytest.mark.parametrize(("name", "path", "value", "message"), CASES, ids=[f"{case[0]}.{case[1]}" for case in CASES])
def test_a_setting_without_an_effect_is_rejected(name: str, path: str, value: Any, message: str) -> None:
    """The error says what is read instead."""
    file = next(file for file in FILES if file.name == name)
    with pytest.raises(ValidationError) as error:
        file.model.model_validate(changes.replace(file.tree, parse_path(path), value))
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("brain_features", "brainCuriosity"),
        ("brain_learning", "move_weights.exploit"),
        ("brain_roi", "own_events.stock"),
        ("brain_scheduler", "functions.brainCuriosity"),
        ("brain_scheduler", "functions.ingest"),
    ],
)
def test_a_name_that_the_code_asks_for_must_be_there(name: str, path: str) -> None:
    """A missing one is found when the file is loaded, not when it is first needed."""
    file = next(file for file in FILES if file.name == name)
    with pytest.raises(ValidationError, match=path.rpartition(".")[2]):
        file.model.model_validate(changes.remove(file.tree, parse_path(path)))
