"""Compares the effects planted in the cafés with what the shop's jobs published, with 90 % intervals."""

from typing import Any

from brain.cli.demo import shop
from brain.cli.demo.findings import Finding
from brain.domain.retail.roi.statement_wording import VERDICTS
from brain.domain.retail.roi.valuation import DecisionVerdict
from brain.domain.retail.wildcards import ALL_STORES
from brain.ports.document_store import DocumentStore
from brain.repositories import paths

PLANTED = (
    ("rain takes 30 % of the terrace's sales", "terrace", "rain", shop.RAIN_RATIO),
    ("a home game brings the arena 25 % more", "arena", "home game", shop.GAME_RATIO),
    ("finals week costs every store 15 %", ALL_STORES, "finals week", shop.FINALS_RATIO),
    ("two for one sells 20 % more at the arena", "arena", shop.PROMOTION, shop.PROMOTION_RATIO),
    (
        "the station opens and takes 16 % of the terrace's sales for four weeks",
        "terrace",
        "station opens",
        shop.OPENING_RATIO,
    ),
)


def list_shop_findings(store: DocumentStore, planted: shop.SimulatedShop) -> list[Finding]:
    """Return every effect planted in the cafés with what was published about it."""
    page = store.get(paths.view(shop.CAFES.client_id, "shop-signals"))
    rows: list[dict[str, Any]] = list(page.data["rows"]) if page else []
    return [*(_find_lift(rows, *effect) for effect in PLANTED), _find_decoy(rows), *_find_decisions(store, planted)]


def _find_lift(rows: list[dict[str, Any]], planted: str, store_id: str, signal: str, ratio: float) -> Finding:
    for row in rows:
        if row["signal"] == signal and row["store_id"].startswith(store_id) and row["claimed"]:
            interval = f"{row['lower']:+.1%} to {row['upper']:+.1%}"
            learned = f"{row['lift']:+.1%} ({interval}), {_format_count(row['occurrences'])}"
            covered = row["lower"] <= ratio - 1 <= row["upper"]
            return Finding(shop.CAFES.client_id, planted, learned, recovered=bool(covered))
    return Finding(shop.CAFES.client_id, planted, "nothing", recovered=False)


def _format_count(count: int) -> str:
    return "never" if count == 0 else "once" if count == 1 else f"{count} times"


def _find_decoy(rows: list[dict[str, Any]]) -> Finding:
    decoys = [row for row in rows if row["signal"] == shop.DECOY]
    claimed = sum(bool(row["claimed"]) for row in decoys)
    learned = f"claimed {_format_count(claimed)} for {len(shop.STORES)} stores and for all of them together"
    return Finding(shop.CAFES.client_id, "street music does nothing", learned, recovered=bool(decoys) and not claimed)


def _find_decisions(store: DocumentStore, planted: shop.SimulatedShop) -> list[Finding]:
    page = store.get(paths.view(shop.CAFES.client_id, "shop-roi"))
    rows = {row["decisions"][0]: row for row in page.data["decisions"]} if page else {}
    promotion, flyers = (rows.get(decision.decision_id, {}) for decision in shop.DECISIONS)
    won, lost = f"the promotion sold {planted.earned:.0f} EUR more", "the flyers sold nothing more"
    return [_find_worth(promotion, won, planted.earned), _find_worth(flyers, lost, 0.0)]


def _find_worth(row: dict[str, Any], planted: str, truth: float) -> Finding:
    worth = row.get("value")
    if worth is None:
        return Finding(shop.CAFES.client_id, planted, "nothing", recovered=False)
    verdict = VERDICTS[DecisionVerdict(row["verdict"])]
    learned = f"{worth:.0f} EUR ({row['lower_95']:.0f} to {row['upper_95']:.0f}): {verdict}"
    return Finding(shop.CAFES.client_id, planted, learned, recovered=bool(row["lower_95"] <= truth <= row["upper_95"]))
