"""``brain retail signals``: measure the lifts of weather, holidays, paydays, games and promotions."""

from collections.abc import Sequence
from dataclasses import asdict

from brain.cli.options import JsonOption
from brain.cli.retail.database import open_warehouse
from brain.cli.retail.options import AllOption, AsOfOption, DatabaseOption, StoreOption
from brain.cli.retail.output import format_interval, format_percent, print_json, print_table, print_text
from brain.domain.retail.config import RetailConfig
from brain.domain.retail.lifts.effect_ledger import EffectState
from brain.domain.retail.lifts.signal_lifts import SignalLift
from brain.domain.retail.wildcards import ALL_STORES
from brain.services.retail.shop_history import check_store_exists
from brain.services.retail.signal_lifts import update_signal_lifts
from brain.settings.files import load_config

COLUMNS = ("store", "signal", "lift>", "90 % interval>", "times>", "sure>", "claimed")


def signals(
    as_of: AsOfOption = None,
    list_all: AllOption = False,
    store: StoreOption = None,
    database: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Measure the lift of every signal on daily sales: weather, holidays, paydays, games, promotions.

    Trend, weekday and season are removed first. A lift is claimed when
    its sign is 95 % certain, and retired when later data contradict it.
    The lifts of all stores are stored in brain_signal_magnitudes,
    whichever --store is listed; `--store "*"` lists those of all stores
    together.
    """
    config = load_config("brain_retail", RetailConfig)
    with open_warehouse(database) as warehouse:
        if store is not None:
            check_store_exists([ALL_STORES, *(shop_store.store_id for shop_store in warehouse.stores())], store)
        measured = update_signal_lifts(warehouse, config, as_of)
    lifts = [lift for lift in measured.lifts if store in {None, lift.store_id}]
    if as_json:
        print_json([asdict(lift) for lift in lifts])
        return
    _print_lifts(lifts, list_all=list_all)
    for effect in measured.ledger:
        if effect.state is EffectState.RETIRED and store in {None, effect.store_id}:
            store_name = _name_store(effect.store_id)
            print_text(f"Retired on {effect.since}: {effect.signal} in {store_name}, {effect.reason}.")


def _print_lifts(lifts: Sequence[SignalLift], *, list_all: bool) -> None:
    listed = [lift for lift in lifts if list_all or lift.claimed]
    if listed:
        ordered = sorted(listed, key=lambda lift: (lift.store_id, -abs(lift.lift)))
        print_table("Lifts of signals on daily sales", COLUMNS, [_build_row(lift) for lift in ordered])
    claimed = sum(lift.claimed for lift in lifts)
    print_text(f"{claimed} lifts are significant (95 %); {len(lifts) - claimed} are not yet distinguishable from zero.")


def _build_row(lift: SignalLift) -> tuple[object, ...]:
    return (
        _name_store(lift.store_id),
        lift.signal,
        format_percent(lift.lift),
        format_interval(lift.lower, lift.upper),
        lift.occurrences,
        f"{lift.confidence:.0%}",
        "yes" if lift.claimed else "",
    )


def _name_store(store_id: str) -> str:
    return "all stores" if store_id == ALL_STORES else store_id
