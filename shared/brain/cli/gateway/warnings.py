"""``brain warnings``: what a client should look at in its feeds, such as reports whose figures were sent twice."""

from brain.cli.local_brain import open_brain, require_client
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_table, to_json
from brain.repositories.gateway.feed_warnings import list_warnings

FIELDS = ("type", "count", "first_seen", "last_seen", "sample_id", "message")
COLUMNS = ("warning", "count", "last seen", "what to do")


def warnings(client: ClientOption, json_output: JsonOption = False) -> None:
    """List the warnings about a client's feeds, the latest first: what was found, how often and when (UTC)."""
    brain = open_brain()
    require_client(brain, client)
    stored = list_warnings(brain.store, client)
    if json_output:
        print(to_json([{name: warning.get(name) for name in FIELDS} for warning in stored]))
        return
    rows = [
        (warning["type"], warning["count"], f"{warning['last_seen']:%m-%d %H:%M}", warning["message"])
        for warning in stored
    ]
    print_table("Warnings", COLUMNS, rows, keep_first=False)
