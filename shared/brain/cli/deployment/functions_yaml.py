"""The table as ``functions.yaml``, in which ``firebase deploy`` finds functions not written with its own library."""

from typing import Any

import yaml

from brain.cli.deployment.deployment_target import DeploymentTarget
from brain.settings.functions import DeployedFunction, HttpFunction, RetryConfig, ScheduledFunction
from brain.settings.scheduler import Scheduler

SPEC_VERSION = "v1alpha1"


def render_functions_yaml(table: Scheduler, target: DeploymentTarget) -> str:
    """Return the text of ``functions.yaml``."""
    endpoints = {name: _build_endpoint(name, row, table, target) for name, row in table.functions.items()}
    manifest = {"specVersion": SPEC_VERSION, "endpoints": endpoints}
    return yaml.safe_dump(manifest, sort_keys=False, width=200)


def _build_endpoint(name: str, row: DeployedFunction, table: Scheduler, target: DeploymentTarget) -> dict[str, Any]:
    is_public = isinstance(row, HttpFunction) and row.public
    return {
        "platform": "gcfv2",
        "region": [target.region],
        "entryPoint": name,
        "availableMemoryMb": row.memory_mb,
        **({} if row.cpu is None else {"cpu": row.cpu}),
        "timeoutSeconds": row.timeout_seconds,
        "concurrency": row.concurrency,
        "minInstances": row.min_instances,
        "maxInstances": row.max_instances,
        "serviceAccountEmail": target.account_email(row.account),
        "ingressSettings": "ALLOW_ALL" if is_public else "ALLOW_INTERNAL_ONLY",
        "environmentVariables": target.environment(table, row),
        **_build_trigger(row, table, target),
    }


def _build_trigger(row: DeployedFunction, table: Scheduler, target: DeploymentTarget) -> dict[str, Any]:
    if isinstance(row, HttpFunction):
        return {"httpsTrigger": {"invoker": ["public" if row.public else "private"]}}
    if isinstance(row, ScheduledFunction):
        retry = table.get_retry(row)
        config = {"retryCount": retry.retries, **_build_backoff(retry)}
        return {"scheduleTrigger": {"schedule": row.schedule, "timeZone": row.time_zone, "retryConfig": config}}
    limits = {
        "maxConcurrentDispatches": sum(queue.concurrent_dispatches for queue in table.queues.values()),
        "maxDispatchesPerSecond": sum(queue.dispatches_per_second for queue in table.queues.values()),
    }
    config = {"maxAttempts": table.task_retry.retries + 1, **_build_backoff(table.task_retry)}
    invoker = [target.account_email(table.invoker)]
    return {"taskQueueTrigger": {"rateLimits": limits, "retryConfig": config, "invoker": invoker}}


def _build_backoff(retry: RetryConfig) -> dict[str, int]:
    return {
        "minBackoffSeconds": retry.first_delay_seconds,
        "maxBackoffSeconds": retry.longest_delay_seconds,
        "maxDoublings": retry.doublings,
    }
