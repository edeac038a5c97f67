"""A store of version 0.1, whose keys lacked dimensions, and the same report again: the sums are the report's."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from brain.domain.days.scorer import Scorer
from brain.domain.events import Draft, FeedType
from brain.domain.feeds.context import FeedContext
from brain.domain.gateway.normalize import build_event
from brain.domain.scoring import ScoringConfig, Weights
from brain.ports.document_store import Create
from brain.repositories import codec, paths
from brain.settings.files import load_config
from brain.testing.simulations.memory_brain import CLIENT, NOW, build_memory_brain, build_request

ROWS = [{"ad_id": "7", "media": "image", "clicks": 3}, {"ad_id": "7", "media": "video", "clicks": 5}]


def read_row(brain, row, **fields):
    """A row of a report as an event, with a dimension that version 0.1 did not know."""
    draft = Draft(
        feed_type=FeedType.ADS_META, occurred_at=NOW - timedelta(days=1), raw=row, content_key=("day", "ad_id=7"),
        dimensions=(f"media={row['media']}",), cumulative=True, metrics={"clicks": row["clicks"]}, **fields,
    )  # fmt: skip
    return build_event(draft, FeedContext(CLIENT, brain.clock.now()), brain.ingest.keys())


def store_as_version_0_1(brain, row):
    """Store a row under its former key, over whatever is stored there."""
    former = read_row(brain, row)
    event = replace(former.event, event_id=former.former_id)
    document = codec.new_event_to_document(event, former.fingerprint, cumulative=True)
    brain.store.delete(paths.event(CLIENT, former.former_id))
    brain.store.commit([Create(paths.event(CLIENT, former.former_id), document)])


def send(brain, rows):
    """Send rows in one request; return their outcomes."""
    brain.clock.advance(timedelta(minutes=1))
    items = [read_row(brain, row) for row in rows]
    context = FeedContext(CLIENT, brain.clock.now())
    return [
        str(item.outcome) for item in asyncio.run(brain.ingest.ingest_items(build_request([]), items, context)).items
    ]


def sum_clicks(brain):
    """The clicks of all events."""
    return sum(event.data.get("clicks", 0) for event in brain.store.query(paths.events(CLIENT)))


@pytest.mark.parametrize("stored", [0, 1])
@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_same_report_again_gives_the_sums_of_the_report(stored, order):
    """Whichever row overwrote the others, in one request or in two, and when it is sent a third time."""
    for requests in ([[ROWS[n] for n in order]], [[ROWS[n]] for n in order]):
        brain = build_memory_brain()
        store_as_version_0_1(brain, ROWS[stored])
        for rows in requests:
            send(brain, rows)
        assert sum_clicks(brain) == 8
        assert send(brain, ROWS) == ["duplicate", "duplicate"]
        assert sum_clicks(brain) == 8


def test_no_figure_is_missing_before_the_stored_row_has_arrived_again():
    """Only the total of the row that is stored under the former key is retracted."""
    brain = build_memory_brain()
    store_as_version_0_1(brain, ROWS[1])
    send(brain, [ROWS[0]])
    assert sum_clicks(brain) == 8


def test_a_total_that_the_former_version_stores_beside_the_new_one_is_retracted_too():
    """Both versions of the service run side by side; afterwards the report is sent again."""
    brain = build_memory_brain()
    send(brain, ROWS)
    store_as_version_0_1(brain, ROWS[1])
    assert sum_clicks(brain) == 13
    send(brain, ROWS)
    assert sum_clicks(brain) == 8


def test_the_retraction_is_a_revision_with_its_increments():
    """The history says what was stored before, and the event is scored again."""
    brain = build_memory_brain()
    store_as_version_0_1(brain, ROWS[1])
    send(brain, ROWS)
    former_id = read_row(brain, ROWS[1]).former_id
    document = brain.store.get(paths.event(CLIENT, former_id)).data
    assert (document["retracted"], document["revision"], document["unscored"]) == (True, 1, True)
    revisions = brain.store.query(paths.revisions(CLIENT, former_id))
    assert [revision.data["increments"] for revision in revisions] == [{}, {"clicks": -5}]


def test_a_retracted_event_counts_nothing_in_its_day():
    """What it had contributed is subtracted, its event included."""
    brain = build_memory_brain()
    event = read_row(brain, ROWS[0]).event
    config = load_config("brain_scoring", ScoringConfig)
    scorer = Scorer({}, Weights(), as_of=NOW, time_zone=NOW.tzinfo, config=config)
    (scored,) = scorer.score_all([event])
    assert scorer.days
    retracted = replace(event, clicks=None, retracted=True)
    scorer.score_all([retracted], {event.event_id: scored.contribution})
    assert (scorer.days, scorer.breakdowns) == ({}, {})
