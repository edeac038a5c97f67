"""Runs the benchmarks of the table, or those that are named: ``python -m benchmarks [NAME…]``."""

import importlib
import sys

# name -> what it shows; the module of that name has a ``run()`` that prints its table
BENCHMARKS = {
    "ingest_http": "the whole ingest function over HTTP beside the raw Firestore SDK, on the emulator",
    "loop": "operations on the wire, reads a run, scoring speed, memory",
    "imports": "cold start of each function over interpreter and framework",
    "ingest_store": "events stored a second over the raw Firestore SDK, on the emulator",
    "rates": "how right the budgets are over four processes of eight threads, and what they cost",
    "ingest_faults": "events lost and doubled while store calls fail and the process dies, on both stores",
    "backfill": "a million rows of history on an embedded store, killed in the middle and resumed",
    "intake": "microseconds to read, identify and validate one event",
    "anomaly": "alarms on the Numenta benchmark and on null worlds, beside dummies and rivals",
    "promotion": "false and true promotions under a look after every pair, beside the usual rules",
    "policy_evaluation": "off-policy estimates and intervals against known truths, and on Open Bandit logs",
    "predictions": "errors, coverage and seconds on real posts, beside ridge and gradient boosting",
    "recommendations": "logged probabilities against draws, exploration, and what the slate learns",
    "advice": "coverage of weekly predictions as content comes, exploration, control and false claims over clients",
    "claims": "what reports claim of hours, campaigns and ads in null worlds and planted ones",
    "learning": "weights on planted, null and changing worlds, beside other learners",
    "curiosity": "false leads and findings where nothing is, and what is found where something is",
    "retail_forecast": "the shop's forecasts beside naive rules and rivals, on the same origins",
    "retail_signals": "lifts against planted truths, beside raw means",
    "roi": "what decisions earned: cover and false claims where the truth is known, and on real shops",
    "warehouse": "seconds and memory of a million-line import, and the same on PostgreSQL",
}


def main(names: list[str]) -> int:
    """Run each benchmark named, all when none is; exit 2 for a name that is not in the table."""
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        listed = "\n".join(f"  {name:<16}{text}" for name, text in BENCHMARKS.items())
        sys.stderr.write(f"There is no benchmark {', '.join(unknown)}; these there are:\n{listed}\n")
        return 2
    for name in names or BENCHMARKS:
        print(f"== {name}: {BENCHMARKS[name]}", flush=True)
        importlib.import_module(f"benchmarks.{name}").run()
        print(flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
