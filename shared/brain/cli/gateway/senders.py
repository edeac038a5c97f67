"""``brain senders``: the providers that sign their requests, their secrets' names, and the commands that set them."""

from typing import Annotated, NamedTuple

import typer

from brain.bootstrap import Brain
from brain.cli.local_brain import open_brain
from brain.cli.options import ClientOption, JsonOption
from brain.cli.printing import print_table, to_json
from brain.domain.senders.signatures.challenges import CHALLENGES
from brain.domain.senders.signatures.sender_secrets import build_secret_name
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.errors import NotFoundError
from brain.settings.environment import Settings
from brain.settings.files import load_config
from brain.settings.scheduler import INGEST, read_scheduler

INSTRUCTIONS = """\
{secret}: {purpose}. It authenticates requests for: {sources}.
One value per line, the newest first; all of them are accepted. A change takes effect within six minutes, without a
deployment.

On this machine, add a line to secrets.env next to the store (.brain/secrets.env) or to the environment; \\n is a line
break:
  {secret}=...
In Secret Manager, the first time, from a file that you delete afterwards:
  gcloud secrets create {secret} --data-file=FILE --project={project}
  gcloud secrets add-iam-policy-binding {secret} --role=roles/secretmanager.secretAccessor \\
    --member=serviceAccount:{account}@{project}.iam.gserviceaccount.com --project={project}
To rotate, put the new value above the old one, and later remove the old one:
  gcloud secrets versions add {secret} --data-file=FILE --project={project}
"""


class SenderSecret(NamedTuple):
    """A secret that a provider's requests can be verified with; ``values_here`` counts the values set."""

    provider: str
    sources: str
    secret: str
    purpose: str
    values_here: int


def senders(
    client: ClientOption,
    provider: Annotated[
        str, typer.Option("--provider", help="Only this provider, with the commands that set its secret.")
    ] = "",
    json_output: JsonOption = False,
) -> None:
    """List the providers that can sign for a client and the names of their secrets; never a secret itself."""
    brain = open_brain()
    secrets = [
        secret
        for secret in _list_secrets(brain, client, load_config("brain_senders", SendersConfig))
        if provider in ("", secret.provider)
    ]
    if not secrets:
        names = ", ".join(load_config("brain_senders", SendersConfig).providers)
        raise NotFoundError(
            f"--provider must be one of {names}, got {provider!r}; providers that sign with Svix, such as Resend, are "
            "standard_webhooks"
        )
    if json_output:
        print(to_json([secret._asdict() for secret in secrets]))
    elif provider:
        print("\n".join(_format_instructions(secret, brain.settings) for secret in secrets))
    else:
        rows = [(secret.provider, secret.secret, secret.values_here or "-") for secret in secrets]
        print_table(f"Senders of {client} that sign their requests", ("provider", "secret", "values set here"), rows)
        print("To see the commands that set a secret: brain senders --client C --provider P")


def _list_secrets(brain: Brain, client: str, config: SendersConfig) -> list[SenderSecret]:
    """Return a row for each possible secret: the providers' own, and the token of Meta's challenge."""
    purposes = [(name, name, provider.secret) for name, provider in config.providers.items()]
    purposes += [
        (challenge.provider, challenge.secret_provider, "the verify token")
        for challenge in CHALLENGES
        if challenge.provider in config.providers and challenge.secret_provider != challenge.provider
    ]
    order = list(config.providers)
    return [
        SenderSecret(
            provider,
            _format_sources(config.providers[provider].sources),
            build_secret_name(client, suffix),
            purpose,
            len(brain.verify_sender.secrets.get(client, suffix)),
        )
        for provider, suffix, purpose in sorted(purposes, key=lambda row: order.index(row[0]))
    ]


def _format_sources(sources: str | tuple[str, ...]) -> str:
    return sources if isinstance(sources, str) else ", ".join(sources)


def _format_instructions(secret: SenderSecret, settings: Settings) -> str:
    account = read_scheduler().functions[INGEST].account
    return INSTRUCTIONS.format(**secret._asdict(), account=account, project=settings.project or "PROJECT")
