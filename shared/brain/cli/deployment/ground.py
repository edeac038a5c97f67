"""The steps that prepare a project: services switched on, secrets, accounts, the database, expiry."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brain.cli.deployment.lines import Line, line, upsert
from brain.cli.deployment.target import Target
from brain.errors import MisconfiguredError
from brain.settings.scheduler import Scheduler

DATABASE = "(default)"


def apis(table: Scheduler, target: Target) -> Iterator[Line]:
    """Switch on the services that the rest needs."""
    yield line("run", "apis", "gcloud", "services", "enable", *table.apis, f"--project={target.project}", "--quiet")


def secrets(table: Scheduler, target: Target) -> Iterator[Line]:
    """Look whether each secret has a version that may be read; values are never asked for."""
    for name, secret in table.secrets.items():
        words = ["gcloud", "secrets", "versions", "list", name, "--filter=state=ENABLED", "--limit=1"]
        yield line("require", name, *words, "--format=value(name)", f"--project={target.project}")
        store = f"gcloud secrets create {name} --data-file=- --replication-policy=automatic --project={target.project}"
        yield Line("remedy", name, f"{secret.generate} | {store}")


def accounts(table: Scheduler, target: Target) -> Iterator[Line]:
    """Make each service account and give it its roles and, one by one, its secrets."""
    for name, account in table.accounts.items():
        project = f"--project={target.project}"
        words = ["gcloud", "iam", "service-accounts"]
        create = [*words, "create", name, f"--display-name={name}", f"--description={account.purpose}", project]
        yield from upsert(name, [*words, "describe", target.account_email(name), project], create)
    for name, account in table.accounts.items():
        for role in account.roles:
            words = ["gcloud", "projects", "add-iam-policy-binding", target.project]
            yield _binding(name, words, target, role)
        for other in account.acts_as:
            words = ["gcloud", "iam", "service-accounts", "add-iam-policy-binding", target.account_email(other)]
            yield _binding(name, [*words, f"--project={target.project}"], target, "roles/iam.serviceAccountUser")
    for name, secret in sorted({(row.account, secret) for row in table.functions.values() for secret in row.secrets}):
        words = ["gcloud", "secrets", "add-iam-policy-binding", secret, f"--project={target.project}"]
        yield _binding(name, words, target, "roles/secretmanager.secretAccessor")


def _binding(account: str, words: list[str], target: Target, role: str) -> Line:
    rest = [f"--member={target.member(account)}", f"--role={role}", "--condition=None", "--quiet"]
    return line("settle", account, *words, *rest)


def database(_: Scheduler, target: Target) -> Iterator[Line]:
    """Make the database where there is none; its place cannot be changed later."""
    words = ["gcloud", "firestore", "databases"]
    rest = [f"--database={DATABASE}", f"--project={target.project}"]
    create = [*words, "create", f"--location={target.region}", "--type=firestore-native", *rest]
    yield from upsert("database", [*words, "describe", *rest], create)


def rules(_: Scheduler, target: Target) -> Iterator[Line]:
    """Put the security rules and the indexes in force."""
    words = ["firebase", "deploy", "--only", "firestore", "--project", target.project, "--non-interactive"]
    yield line("run", "rules", *words)


def ttl(indexes: Path, target: Target) -> Iterator[Line]:
    """Let the store remove what expires; the fields are those that the index file marks.

    Raises:
        MisconfiguredError: the index file is missing or no JSON.
    """
    try:
        parsed: dict[str, Any] = json.loads(indexes.read_text(encoding="utf-8"))
    except (OSError, ValueError) as exc:
        raise MisconfiguredError(f"{indexes} cannot be read as JSON; restore it from the repository") from exc
    for override in parsed["fieldOverrides"]:
        if override.get("ttl"):
            collection = override["collectionGroup"]
            words = [
                "gcloud",
                "firestore",
                "fields",
                "ttls",
                "update",
                override["fieldPath"],
                "--enable-ttl",
                "--async",
            ]
            place = [f"--collection-group={collection}", f"--database={DATABASE}", f"--project={target.project}"]
            yield line("settle", collection, *words, *place, "--quiet")
