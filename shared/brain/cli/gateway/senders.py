"""``brain senders``: which providers may sign for themselves, by which secret, and the commands that set it."""

from typing import Annotated

import typer

from brain.bootstrap import Brain
from brain.cli.local_brain import open_brain
from brain.cli.printing import as_json, table
from brain.domain.senders.signatures.challenges import CHALLENGES
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.senders_config import Provider, SendersConfig
from brain.errors import InvalidInputError
from brain.settings.environment import Settings
from brain.settings.files import load_config
from brain.settings.scheduler import read_scheduler

Client = Annotated[str, typer.Option("--client", help="Whose senders.")]
OneProvider = Annotated[str, typer.Option("--provider", help="Only this one, with the commands that set its secret.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for machines.")]
_COMMANDS = """\
{name}: {what}. It may sign for: {sources}.
One value a line, the newest first; all are valid at once. A change acts within six minutes, nothing is deployed.

On this machine, a line in its secrets.env or environment (\\n for a line break):
  {name}=…
In Secret Manager, the first time, from a file that you remove afterwards:
  gcloud secrets create {name} --data-file=FILE --project={project}
  gcloud secrets add-iam-policy-binding {name} --role=roles/secretmanager.secretAccessor \\
    --member=serviceAccount:{account}@{project}.iam.gserviceaccount.com --project={project}
To rotate, the new value above the old one, and later without it:
  gcloud secrets versions add {name} --data-file=FILE --project={project}
"""


def senders(client: Client, provider: OneProvider = "", json_output: Json = False) -> None:
    """Show a client's providers and the names of their secrets; never a secret."""
    brain = open_brain()
    rows = [
        row for row in _rows(brain, client, load_config("brain_senders", SendersConfig))
        if provider in ("", row["provider"])
    ]  # fmt: skip
    if not rows:
        raise InvalidInputError(f"there is no provider {provider}; `brain senders --client {client}` lists them")
    if json_output:
        print(as_json(rows))
    elif provider:
        print("\n".join(_commands(row, brain.settings) for row in rows))
    else:
        cells = [(row["provider"], row["secret"], row["values_here"] or "-") for row in rows]
        table(f"Senders of {client} that sign for themselves", ("provider", "secret", "values here"), cells)
        print("The commands that set one: brain senders --client C --provider P")


def _rows(brain: Brain, client: str, config: SendersConfig) -> list[dict[str, object]]:
    """Return a row for each secret that there may be: a provider's own, and the word by which Meta asks."""
    named = [(name, name, row.secret) for name, row in config.providers.items()]
    named += [
        (c.provider, c.secret_provider, "the verify token") for c in CHALLENGES if c.secret_provider != c.provider
    ]
    order = list(config.providers)
    return [
        {
            "provider": provider,
            "sources": _sources(config.providers[provider]),
            "secret": build_secret_name(client, suffix),
            "what": what,
            "values_here": len(brain.verify_sender.secrets.of(client, suffix)),
        }
        for provider, suffix, what in sorted(named, key=lambda one: order.index(one[0]))
    ]


def _sources(provider: Provider) -> str:
    return provider.sources if isinstance(provider.sources, str) else ", ".join(provider.sources)


def _commands(row: dict[str, object], settings: Settings) -> str:
    account = read_scheduler().functions["ingest"].account
    return _COMMANDS.format(
        name=row["secret"],
        what=row["what"],
        sources=row["sources"],
        account=account,
        project=settings.project or "PROJECT",
    )
