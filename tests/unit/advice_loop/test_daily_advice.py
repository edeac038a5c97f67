"""Advice through the services: a slate a week, answers, outcomes, beliefs, and nothing that crosses clients."""

from datetime import timedelta

import pytest

from brain.adapters.sqlite.store import SqliteStore
from brain.repositories import paths
from brain.services.analysis.recommend import Recommend
from brain.services.analysis.stored_aggregates import read_aggregates
from brain.testing.faulty_store import FaultyStore
from brain.testing.manual_clock import ManualClock
from brain.testing.simulations.advice import (
    ADVICE,
    MOVE_CATALOGUE,
    RecentDays,
    answer_recommendation,
    build_facts,
    copy_recent_days,
    read_advice_state,
    read_section,
    run_daily,
    run_weekly,
    store_client,
    store_recent_days,
)
from brain.testing.simulations.posts import MONDAY, build_post, simulate_posts

FIVE_WEEKS = 35
FIRST = MONDAY + timedelta(days=FIVE_WEEKS, hours=6)


@pytest.fixture
def store():
    """An embedded store in memory."""
    opened = SqliteStore(":memory:", ManualClock(FIRST))
    yield opened
    opened.close()


def everything(store, client_id="acme"):
    """All that the store holds of a client, by path."""
    names = ("recommendations", "predictions", "outcomes", "state", "views", "reports", "feedback")
    return {s.path: s.data for name in names for s in store.query(f"clients/{client_id}/{name}")}


@pytest.mark.slow
def test_a_format_that_wins_is_recommended_with_its_numbers(store):
    """Carousels at 1.8 times the rest; whoever draws another place finds it among the candidates."""
    shown_moves = 0
    for number in range(12):
        client = f"c{number}"
        store_recent_days(store, client, simulate_posts(client, MONDAY, FIVE_WEEKS, ratio=1.8))
        run_daily(store, client, FIRST)
        log = store.get(paths.slate(client, "2026-W41")).data
        names = {c["reason_code"]: c for c in log["candidates"]}
        assert names["format_wins"]["subject"] == "carousel on linkedin"
        assert names["format_wins"]["verdict"] == "holds"
        cards = {card["reason_code"]: card for card in read_advice_state(store, client).cards}
        if "format_wins" in cards:
            effect = cards["format_wins"]["expected_effect"]
            assert effect["lower"] < 0.8 < effect["upper"] or effect["estimate"] > 0.4
            assert "carousel on linkedin" in cards["format_wins"]["title"]
            shown_moves += 1
    assert shown_moves >= 8


def test_the_first_day_of_a_client_is_advised_without_a_failure(store):
    """Events of today alone: there is nothing to say yet, and no part fails."""
    store_recent_days(store, "acme", [build_post("acme", FIRST - timedelta(hours=1), "photo", 12)])
    figures = run_daily(store, "acme", FIRST)
    assert figures["status"] == "success"
    assert "failed_parts" not in figures
    assert read_section(store, "acme", "day", "recommendations")["status"] == "not_enough_data"
    assert read_advice_state(store, "acme").period == "2026-W41"


@pytest.mark.slow
def test_a_client_without_any_truth_is_told_of_none(store):
    """What fires in thirty null clients is a fact of theirs; no difference is claimed that is not there."""
    claimed = 0
    for number in range(30):
        client = f"n{number}"
        store_recent_days(store, client, simulate_posts(client, MONDAY, FIVE_WEEKS))
        run_daily(store, client, FIRST)
        log = store.get(paths.slate(client, "2026-W41")).data
        lifts = {"format_wins", "format_loses", "hour_wins", "weekday_wins", "engagement_falling", "engagement_rising"}
        claimed += sum(c["verdict"] == "holds" and c["reason_code"] in lifts for c in log["candidates"])
        for card in read_advice_state(store, client).cards:
            if card["move_type"] != "self_generated":
                assert card["expected_effect"]["estimate"] is None
    assert claimed <= 2  # of 30 slates, each of which may claim something false with a chance of a few per cent


def test_a_slate_is_drawn_once_a_week_and_stays_the_same(store):
    """The first run of the week draws; the others find it drawn, and the next week has its own."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    run_daily(store, "acme", FIRST)
    drawn = read_advice_state(store, "acme")
    for day in range(1, 7):
        run_daily(store, "acme", FIRST + timedelta(days=day))
    assert read_advice_state(store, "acme") == drawn
    assert len(store.query("clients/acme/recommendations")) == len(drawn.cards)
    run_daily(store, "acme", FIRST + timedelta(days=7))
    assert read_advice_state(store, "acme").period == "2026-W42"
    run_daily(store, "acme", FIRST - timedelta(days=7))
    assert read_advice_state(store, "acme").period == "2026-W42"


def test_the_same_world_gives_the_same_slate(store):
    """The seed is made of client and week, and the whole log can be made again."""
    other = SqliteStore(":memory:", ManualClock(FIRST))
    for store_in_turn in (store, other):
        store_recent_days(store_in_turn, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
        run_daily(store_in_turn, "acme", FIRST)
    assert everything(store) == everything(other)
    other.close()


@pytest.mark.slow
def test_what_is_held_back_is_seen_by_no_reader(store):
    """It is in the log, which the rules close, and nowhere else until it was measured."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    clients = [f"h{number}" for number in range(30)]
    copy_recent_days(store, "acme", clients)
    held_back_moves = 0
    for client in clients:
        run_daily(store, client, FIRST)
        for move in read_advice_state(store, client).moves:
            visible = store.get(paths.recommendation(client, move.recommendation_id))
            assert (visible is None) == move.held_back
            held_back_moves += move.held_back
    assert held_back_moves


@pytest.mark.slow
def test_exploration_and_control_have_their_share_over_clients(store):
    """Of 150 clients alike: 15 % of places explore and 5 % of drawn moves are held back, as far as draws can tell."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    clients = [f"x{number}" for number in range(150)]
    copy_recent_days(store, "acme", clients)
    explored, held, places, drawn = 0, 0, 0, 0
    part = Recommend(store, MOVE_CATALOGUE, ADVICE)
    for client in clients:
        aggregates = read_aggregates(store, client)
        done = part(aggregates, build_facts(aggregates, FIRST))
        log = next(w.data for w in done.writes if w.path == paths.slate(client, "2026-W41"))
        places += len(log["places"])
        explored += sum(store_in_turn["explored"] for store_in_turn in log["places"])
        drawn += sum(store_in_turn["drawn"] is not None for store_in_turn in log["places"])
        held += sum(store_in_turn["held_back"] for store_in_turn in log["places"])
    assert abs(explored / places - 0.15) < 3 * (0.15 * 0.85 / places) ** 0.5
    assert abs(held / drawn - 0.05) < 3 * (0.05 * 0.95 / drawn) ** 0.5


def shown_winner(store):
    """Draw a first slate that shows the format that wins, and return its card; a first client without it is left."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    run_daily(store, "acme", FIRST)
    return next(card for card in read_advice_state(store, "acme").cards if card["reason_code"] == "format_wins")


def judged(store, period, code="format_wins"):
    """The belief that a move works, or why it could not be drawn."""
    log = store.get(paths.slate("acme", period)).data
    for candidate in log["candidates"]:
        if candidate["reason_code"] == code:
            return candidate["works"]["successes"] / sum(candidate["works"].values())
    return next(e["why"] for e in log["excluded"] if e["reason_code"] == code)


def test_a_dismissed_move_rests_and_is_shown_as_dismissed(store):
    """For eight weeks, longer than its cooldown."""
    card = shown_winner(store)
    answer_recommendation(store, "acme", card["id"], "dismissed", FIRST + timedelta(hours=3), reason="not our style")
    run_daily(store, "acme", FIRST + timedelta(days=1))
    shown_moves = store.get(paths.recommendation("acme", card["id"])).data
    assert shown_moves["status"] == "dismissed"
    rows = read_section(store, "acme", "day", "recommendations")["rows"]
    assert next(row["cells"][-1] for row in rows if row["cells"][1] == card["subject"]) == "dismissed"
    books = RecentDays(store, "acme")
    books.add(simulate_posts("acme", MONDAY, FIVE_WEEKS + 28, ratio=1.8))
    run_daily(store, "acme", FIRST + timedelta(days=28))
    assert judged(store, "2026-W45").startswith("dismissed on 2026-10-05, rests until")


def test_a_snoozed_move_comes_back_when_its_reader_said(store):
    """Not before."""
    card = shown_winner(store)
    until = FIRST + timedelta(days=40)
    answer_recommendation(store, "acme", card["id"], "snoozed", FIRST + timedelta(hours=3), until=until)
    books = RecentDays(store, "acme")
    books.add(simulate_posts("acme", MONDAY, FIVE_WEEKS + 42, ratio=1.8))
    run_daily(store, "acme", FIRST + timedelta(days=35))
    assert judged(store, "2026-W46").startswith("snoozed until")
    run_daily(store, "acme", FIRST + timedelta(days=42))
    assert isinstance(judged(store, "2026-W47"), float)


def test_a_move_that_was_done_and_worked_raises_its_arm(store):
    """Engagement is half as much again after it; the belief that it works rises, and the outcome is recorded once."""
    card = shown_winner(store)
    answer_recommendation(store, "acme", card["id"], "done", FIRST + timedelta(days=2))
    books = RecentDays(store, "acme")
    books.add(simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    books.add(simulate_posts("acme", MONDAY + timedelta(days=FIVE_WEEKS), 21, ratio=1.8, level=1.5))
    run_daily(store, "acme", FIRST + timedelta(days=13))
    assert not store.query("clients/acme/outcomes")
    answered = run_daily(store, "acme", FIRST + timedelta(days=21))
    assert answered["moves_measured"] >= 1
    (outcome, *_) = [o.data for o in store.query("clients/acme/outcomes") if o.data["recommendation_id"] == card["id"]]
    assert (outcome["kind"], outcome["answer"], outcome["held_back"]) == ("move", "done", False)
    assert 0.25 < outcome["effect"] < 0.8
    run_daily(store, "acme", FIRST + timedelta(days=22))
    assert len(store.query("clients/acme/outcomes")) == answered["moves_measured"]
    before, after = judged(store, "2026-W41"), judged(store, "2026-W44")
    assert after > before
    assert "“" in " ".join(read_section(store, "acme", "day", "recommendations")["lines"])


def test_a_standing_that_was_restored_keeps_what_is_recorded(store):
    """An older copy of the state comes back; the outcome is measured no second time, and the run does not fail."""
    card = shown_winner(store)
    old = store.get(paths.state("acme", "advice")).data
    RecentDays(store, "acme").add(simulate_posts("acme", MONDAY, FIVE_WEEKS + 21, ratio=1.8))
    run_daily(store, "acme", FIRST + timedelta(days=21))
    recorded = {o.path: o.data for o in store.query("clients/acme/outcomes")}
    store.set(paths.state("acme", "advice"), old)
    run_daily(store, "acme", FIRST + timedelta(days=22))
    assert {o.path: o.data for o in store.query("clients/acme/outcomes")} == recorded
    again = next(m for m in read_advice_state(store, "acme").moves if m.recommendation_id == card["id"])
    assert again.outcome["measured_at"] == FIRST + timedelta(days=21)


def test_two_clients_know_nothing_of_each_other(store):
    """The other's answers, outcomes and posts change no byte of a client's own."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    run_daily(store, "acme", FIRST)
    alone = everything(store)
    store_recent_days(store, "rival", simulate_posts("rival", MONDAY, FIVE_WEEKS, ratio=3.0))
    run_daily(store, "rival", FIRST)
    card = next(iter(read_advice_state(store, "rival").cards))
    answer_recommendation(store, "rival", card["id"], "dismissed", FIRST, reason="no")
    run_daily(store, "rival", FIRST + timedelta(days=1))
    assert everything(store) == alone


def test_a_client_with_five_events_is_told_to_wait(store):
    """By predictions, by advice and by the worth of it; with a date where there is a pace."""
    store_client(store, "acme")
    events = [build_post("acme", MONDAY + timedelta(days=d, hours=9), "photo", 90 + d) for d in range(0, 10, 2)]
    store_recent_days(store, "acme", events)
    analysed_at = MONDAY + timedelta(days=14, hours=6)
    run_daily(store, "acme", analysed_at)
    run_weekly(store, "acme", analysed_at + timedelta(hours=3))
    predictions = read_section(store, "acme", "week", "predictions")
    assert predictions["status"] == "not_enough_data"
    assert "enough by 2026-09-" in " ".join(predictions["lines"])
    policy = read_section(store, "acme", "week", "policy")
    assert (policy["status"], "Not enough data yet" in policy["lines"][0]) == ("not_enough_data", True)
    recommendations = read_section(store, "acme", "day", "recommendations")
    claims = [c for c in read_advice_state(store, "acme").cards if c["move_type"] != "self_generated"]
    assert recommendations["status"] == "not_enough_data" or not [c for c in claims if c["expected_effect"]["estimate"]]


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [8, 26])
def test_reads_of_the_report_stay_the_same_however_long_the_history(store, weeks):
    """Two documents more than without advice; the daily run reads an answer a move that may still get one."""
    books = RecentDays(store, "acme")
    books.add(simulate_posts("acme", MONDAY, 7 * weeks))
    for week in range(5, weeks + 1):
        run_daily(store, "acme", MONDAY + timedelta(days=7 * week, hours=6))
    counting = FaultyStore(store)
    run_weekly(counting, "acme", MONDAY + timedelta(days=7 * weeks, hours=9))
    assert counting.reads == 8  # with the record of the run
    daily = FaultyStore(store)
    run_daily(daily, "acme", MONDAY + timedelta(days=7 * weeks + 1, hours=6))
    assert daily.reads_by["feedback"] <= 40
    assert daily.reads - daily.reads_by["feedback"] <= 9


def test_a_dry_run_draws_nothing(store):
    """It says what it would write."""
    store_recent_days(store, "acme", simulate_posts("acme", MONDAY, FIVE_WEEKS, ratio=1.8))
    before = everything(store)
    answered = run_daily(store, "acme", FIRST, dry_run=True)
    assert answered["would_write"]["recommendations"] >= 1
    assert everything(store) == before
