"""The table of retail commands."""

import typer

from brain.cli.retail.backtest import backtest
from brain.cli.retail.check import check
from brain.cli.retail.cross_store import cross_store
from brain.cli.retail.curiosity import curiosity
from brain.cli.retail.decide import decide
from brain.cli.retail.explain import explain
from brain.cli.retail.import_files import import_csv
from brain.cli.retail.ledger import ledger
from brain.cli.retail.predictive_calendar import calendar
from brain.cli.retail.product_weather import product_weather
from brain.cli.retail.roi import roi
from brain.cli.retail.signal_lifts import signals
from brain.cli.retail.time_of_day import time_of_day

retail = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="Analyse and forecast a shop: import its sales, weather and events, measure what moves sales, forecast the "
    "next days, and value decisions.",
)
retail.command("import")(import_csv)
retail.command("check")(check)
retail.command("signals")(signals)
retail.command("product-weather")(product_weather)
retail.command("time-of-day")(time_of_day)
retail.command("cross-store")(cross_store)
retail.command("backtest")(backtest)
retail.command("calendar")(calendar)
retail.command("explain")(explain)
retail.command("curiosity")(curiosity)
retail.command("ledger")(ledger)
retail.command("decide")(decide)
retail.command("roi")(roi)
