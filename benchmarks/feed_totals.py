"""The totals of the real payloads after normalization: the table in docs/integrate-a-feed.md.

``python -m benchmarks.feed_totals``. The data are outside the project, in ``../shared/data`` or in the folder
``BRAIN_DATA``; missing data sets are named and left out.
"""

import csv
import math
import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from brain.domain.events import METRICS, Draft
from brain.domain.feeds.context import FeedContext
from brain.domain.feeds.field_maps import FeedsConfig
from brain.domain.gateway.normalize import IdentifiedEvent, build_event, normalize
from brain.domain.json_text import parse_json
from brain.domain.privacy.keys import IdentityKeys
from brain.settings.files import load_config

DATA = Path(os.environ.get("BRAIN_DATA", "../shared/data"))
CONTEXT = FeedContext("totals", datetime(2026, 11, 22, tzinfo=UTC), backfill=True)
KEYS = IdentityKeys(1, b"a key of these totals alone, 32 by")
CSV_FILES = (
    ("facebook_posts/posts.csv", "facebook_page_posts"),
    ("facebook_ads/KAG_conversion_data.csv", "facebook_ads_snapshot"),
    ("facebook_live/posts.csv", "facebook_live_posts"),
)


def run() -> None:
    """Print the number of items, events and distinct ids of each file, and the sum of each reported metric."""
    if not DATA.is_dir():
        print(f"not measured: {DATA} does not exist; set BRAIN_DATA to the data folder")
        return
    for file in sorted((DATA / "payloads").glob("*.json")):
        _print_totals(file.name, file.stem, parse_json(file.read_bytes()), CONTEXT)
    maps = load_config("feeds", FeedsConfig).field_maps
    for name, map_name in CSV_FILES:
        file = DATA / name
        if not file.is_file():
            print(f"{name}: not measured, the file does not exist")
            continue
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = list(csv.DictReader(lines, delimiter=maps[map_name].delimiter))
        _print_totals(name, "warehouse", rows, replace(CONTEXT, field_map=maps[map_name]))


def _print_totals(name: str, source: str, payload: Any, context: FeedContext) -> None:
    outcomes = normalize(source, payload, context)
    done = [build_event(one, context, KEYS) if isinstance(one, Draft) else one for one in outcomes]
    events = [one.event for one in done if isinstance(one, IdentifiedEvent)]
    print(f"{name}: {len(done)} items, {len(events)} events, {len({event.event_id for event in events})} ids")
    for metric in METRICS:
        reported = [value for event in events if (value := getattr(event, metric)) is not None]
        if reported:
            print(f"    {metric:<14}{math.fsum(reported):>16.10g}  in {len(reported)} events")


if __name__ == "__main__":
    run()
