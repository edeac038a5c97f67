"""Writes ``store_0_1.json``: the events that version 0.1 stores for ``reports.json``, sent in this order.

It ran on version 0.1 and is kept to show where the file comes from; a later version writes other documents.
"""

import json
from datetime import datetime
from pathlib import Path

from brain.repositories import paths
from brain.testing.simulations.memory_brain import CLIENT, build_memory_brain, send_request

FOLDER = Path(__file__).parent


def main() -> None:
    """Send every report to an empty store of its own, and write the documents with their paths."""
    reports = json.loads((FOLDER / "reports.json").read_text("utf-8"))
    stored = {}
    for name, report in reports.items():
        brain = build_memory_brain()
        payloads = report["payload"] if name == "ga4_two_queries" else [report["payload"]]
        for payload in payloads:
            send_request(brain, payload, report["feed"])
        stored[name] = {event.path: event.data for event in brain.store.query(paths.events(CLIENT))}
    text = json.dumps(stored, indent=1, default=_encode_time)
    (FOLDER / "store_0_1.json").write_text(f"{text}\n", "utf-8")


def _encode_time(moment: datetime) -> dict[str, str]:
    return {"$time": moment.isoformat()}


if __name__ == "__main__":
    main()
