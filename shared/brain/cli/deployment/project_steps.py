"""Steps that prepare a project: APIs, secrets, service accounts, the database and the expiry of documents."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from brain.cli.deployment.deployment_target import DeploymentTarget
from brain.cli.deployment.plan_lines import PlanLine, build_line, create_or_update
from brain.errors import MisconfiguredError
from brain.settings.scheduler import Scheduler

DATABASE = "(default)"


def enable_apis(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield the line that enables the APIs that the other steps need."""
    words = ["gcloud", "services", "enable", *table.apis, f"--project={target.project}", "--quiet"]
    yield build_line("run", "apis", *words)


def require_secrets(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that check that each secret has an enabled version, without reading its value."""
    for name, secret in table.secrets.items():
        words = ["gcloud", "secrets", "versions", "list", name, "--filter=state=ENABLED", "--limit=1"]
        yield build_line("require", name, *words, "--format=value(name)", f"--project={target.project}")
        create = f"gcloud secrets create {name} --data-file=- --replication-policy=automatic --project={target.project}"
        yield PlanLine("remedy", name, f"{secret.generate} | {create}  # {secret.purpose}")


def create_accounts(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that create the service accounts and grant each its roles and its secrets."""
    project = f"--project={target.project}"
    for name, account in table.accounts.items():
        words = ["gcloud", "iam", "service-accounts"]
        create = [*words, "create", name, f"--display-name={name}", f"--description={account.purpose}", project]
        yield from create_or_update(name, [*words, "describe", target.account_email(name), project], create)
    for name, account in table.accounts.items():
        for role in account.roles:
            words = ["gcloud", "projects", "add-iam-policy-binding", target.project]
            yield _grant_role(name, words, target, role)
        for impersonated in account.acts_as:
            words = ["gcloud", "iam", "service-accounts", "add-iam-policy-binding", target.account_email(impersonated)]
            yield _grant_role(name, [*words, project], target, "roles/iam.serviceAccountUser")
    for name, secret in sorted({(row.account, secret) for row in table.functions.values() for secret in row.secrets}):
        words = ["gcloud", "secrets", "add-iam-policy-binding", secret, project]
        yield _grant_role(name, words, target, "roles/secretmanager.secretAccessor")


def _grant_role(account: str, words: list[str], target: DeploymentTarget, role: str) -> PlanLine:
    flags = [f"--member={target.member(account)}", f"--role={role}", "--condition=None", "--quiet"]
    return build_line("retry", account, *words, *flags)


def create_database(_: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that create the database if there is none; its location cannot be changed later."""
    words = ["gcloud", "firestore", "databases"]
    flags = [f"--database={DATABASE}", f"--project={target.project}"]
    create = [*words, "create", f"--location={target.region}", "--type=firestore-native", *flags]
    yield from create_or_update("database", [*words, "describe", *flags], create)


def deploy_rules(_: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield the line that deploys the security rules and the indexes."""
    words = ["firebase", "deploy", "--only", "firestore", "--project", target.project, "--non-interactive"]
    yield build_line("run", "rules", *words)


def enable_expiry(indexes: Path, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that enable the expiry of documents by the fields that are marked in the index file.

    Raises:
        MisconfiguredError: The index file is missing or not JSON.
    """
    try:
        parsed: dict[str, Any] = json.loads(indexes.read_text(encoding="utf-8"))
    except OSError as exc:
        raise MisconfiguredError(f"cannot read {indexes}: {exc.strerror}; restore it from the repository") from exc
    except ValueError as exc:
        raise MisconfiguredError(f"{indexes} must be JSON, got {exc}; restore it from the repository") from exc
    for override in parsed["fieldOverrides"]:
        if override.get("ttl"):
            collection = override["collectionGroup"]
            words = ["gcloud", "firestore", "fields", "ttls", "update", override["fieldPath"]]
            flags = [f"--collection-group={collection}", f"--database={DATABASE}", f"--project={target.project}"]
            yield build_line("retry", collection, *words, "--enable-ttl", "--async", *flags, "--quiet")
