"""``brain doctor``: check what is missing on this machine or project, and print the command that fixes it."""

import importlib
import os
import shutil
import sys
from collections.abc import Callable
from typing import Final, NamedTuple

import typer

from brain import bootstrap
from brain.bootstrap import SECRET_NAMES, Brain
from brain.bootstrap.adapters import secrets_path
from brain.cli.options import JsonOption
from brain.cli.printing import print_table, to_json
from brain.domain.senders.signatures.senders_config import SendersConfig
from brain.errors import AbandonedRunError, BrainError
from brain.repositories.jobs.runs import Runs
from brain.settings.environment import read_settings
from brain.settings.files import config_directory, load_config
from brain.settings.scheduler import read_scheduler

TOOLS = {
    "java": "the Firestore emulator of the tests needs Java 17: apt-get install openjdk-17-jre-headless",
    "gcloud": "deployment needs the Google Cloud SDK: https://cloud.google.com/sdk/docs/install",
    "firebase": "deployment of rules and indexes needs firebase-tools: npm install -g firebase-tools@14",
}


# The model of each file of config/, loaded here so that a mistyped setting shows before a job meets it.
CONFIG_MODELS: Final = {
    "brain_advice": "brain.domain.recommendations.advice_config:AdviceConfig",
    "brain_analysis": "brain.domain.days.config:AnalysisConfig",
    "brain_anomaly": "brain.domain.anomaly.config:AnomalyConfig",
    "brain_benchmarks": "brain.domain.scoring.gold_standards:GoldStandards",
    "brain_dead_letters": "brain.domain.gateway.dead_letters:RetryPolicy",
    "brain_features": "brain.domain.jobs.features:FeatureFlags",
    "brain_learning": "brain.domain.learning.config:LearningConfig",
    "brain_limits": "brain.domain.rates.config:LimitsConfig",
    "brain_privacy": "brain.domain.privacy.spellings:PrivacyConfig",
    "brain_predictions": "brain.domain.predictions.config:PredictionConfig",
    "brain_retail": "brain.domain.retail.config:RetailConfig",
    "brain_roi": "brain.domain.retail.roi.config:RoiConfig",
    "brain_scheduler": "brain.settings.scheduler:Scheduler",
    "brain_scoring": "brain.domain.scoring.config:ScoringConfig",
    "brain_senders": "brain.domain.senders.signatures.senders_config:SendersConfig",
    "feeds": "brain.domain.feeds.field_maps:FeedsConfig",
    "hypotheses": "brain.domain.retail.curiosity.config:CuriosityConfig",
    "triggers": "brain.domain.recommendations.catalogue:MoveCatalogue",
    "warehouse": "brain.adapters.sql_warehouse.config:WarehouseConfig",
}


class SetupCheck(NamedTuple):
    """One thing that the Brain needs on this machine; ``detail`` says what there is, or how to fix it."""

    name: str
    ok: bool
    detail: str


def doctor(json_output: JsonOption = False) -> None:
    """Check configuration, secrets, store and tools; exit 1 when something that is needed is missing."""
    needed = [_check_python(), _check("configuration", _load_configuration), _check("senders", _senders)]
    needed += _check_brain()
    optional = [_check_tool(name, fix) for name, fix in TOOLS.items()]
    rows = [(check.name, "ok" if check.ok else "missing", check.detail) for check in needed]
    rows += [(check.name, "ok" if check.ok else "optional", check.detail) for check in optional]
    if json_output:
        print(to_json([dict(zip(("what", "state", "detail"), row, strict=True)) for row in rows]))
    else:
        print_table("The Brain on this machine", ("check", "state", "detail"), rows)
    if not all(check.ok for check in needed):
        raise typer.Exit(1)


def _check(name: str, read: Callable[[], str]) -> SetupCheck:
    try:
        return SetupCheck(name, ok=True, detail=read())
    except BrainError as error:
        return SetupCheck(name, ok=False, detail=error.message)


def _check_python() -> SetupCheck:
    return SetupCheck("python", sys.version_info >= (3, 11), sys.version.split()[0])


def _check_tool(name: str, fix: str) -> SetupCheck:
    path = shutil.which(name)
    return SetupCheck(name, path is not None, path or fix)


def _check_brain() -> list[SetupCheck]:
    functions = _check("functions table", lambda: f"{len(read_scheduler().functions)} functions")
    try:
        brain = bootstrap.build_brain(read_settings())
    except BrainError as error:
        return [functions, SetupCheck("settings", ok=False, detail=error.message)]
    settings = SetupCheck("settings", ok=True, detail=f"store {brain.settings.store}")
    secrets = [_check_secret(brain, name) for name in SECRET_NAMES]
    health = [
        SetupCheck(component.name, component.ok, component.detail or f"{component.latency_ms:.1f} ms")
        for component in brain.health.check()
    ]
    return [functions, settings, *secrets, *health, _check("runs", lambda: _count_abandoned_runs(brain))]


def _count_abandoned_runs(brain: Brain) -> str:
    """Return that no run is open after its time; raises ``AbandonedRunError`` otherwise."""
    count = Runs(brain.store).count_overdue(brain.clock.now())
    if count:
        raise AbandonedRunError(
            f"every run must end within its queue's attempts, got {count} that did not; `brain run hourly-scores` (or "
            "the next scheduled one) stores a dead letter for each, see `brain dead-letters list`"
        )
    return "none was abandoned"


def _check_secret(brain: Brain, name: str) -> SetupCheck:
    file = secrets_path(brain.settings)
    if file is not None and not file.exists() and name not in os.environ:
        return SetupCheck(name, ok=True, detail=f"not set yet: the first command that needs it creates {file}")
    origin = "in the environment" if name in os.environ else "in this machine's file or Secret Manager"
    return _check(name, lambda: f"{len(brain.secrets.read(name))} characters, {origin}")


def _load_configuration() -> str:
    for name, location in CONFIG_MODELS.items():
        module, _, model = location.partition(":")
        load_config(name, getattr(importlib.import_module(module), model))
    return f"{len(CONFIG_MODELS)} files in {config_directory()}"


def _senders() -> str:
    providers = load_config("brain_senders", SendersConfig).providers
    return f"{len(providers)} providers can sign their requests; to see their secrets: brain senders --client C"
