"""Steps that deploy the functions, queues, schedules and the metric for alerts, with the commands to roll back."""

from collections.abc import Iterator

from brain.cli.deployment.deployment_target import SOURCE, DeploymentTarget
from brain.cli.deployment.plan_lines import PlanLine, build_line, create_or_update
from brain.settings.functions import DeployedFunction, HttpFunction, ScheduledFunction
from brain.settings.scheduler import Scheduler, format_service_name

LOST_RUNS = "brain-lost-runs"
LOST_RUNS_DESCRIPTION = (
    "Runs that were given up or abandoned, each with a dead letter unless storing it failed too, and missed dispatches"
)
LOST_RUNS_FILTER = (
    'severity=CRITICAL AND jsonPayload.message=("task_abandoned" OR "task_given_up" OR "dead_letter_failed" OR '
    '"sweep_failed" OR "dispatch_missed")'
)


def verify_staged(table: Scheduler, runtime_python: str) -> Iterator[PlanLine]:
    """Yield lines that call each staged function in an interpreter with the run-time dependencies only."""
    for name, row in table.functions.items():
        flags = ["--asgi"] if row.is_asynchronous else []
        words = ["env", f"PYTHONPATH={SOURCE}", runtime_python, "-m", "brain.cli.deployment.staged"]
        yield build_line("parallel", name, *words, f"{SOURCE}/main.py", name, *flags)


def configure_queues(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that create the queues or update their limits; the attempts at a task include the first one."""
    retry = table.task_retry
    words = ["gcloud", "tasks", "queues"]
    location = [f"--location={target.region}", f"--project={target.project}"]
    for name, queue in table.queues.items():
        limits = [
            f"--max-dispatches-per-second={queue.dispatches_per_second}",
            f"--max-concurrent-dispatches={queue.concurrent_dispatches}",
            f"--max-attempts={retry.retries + 1}",
            f"--min-backoff={retry.first_delay_seconds}s",
            f"--max-backoff={retry.longest_delay_seconds}s",
            f"--max-doublings={retry.doublings}",
        ]
        create = [*words, "create", name, *location, *limits]
        update = [*words, "update", name, *location, *limits]
        yield from create_or_update(name, [*words, "describe", name, *location], create, update)


def deploy_functions(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that capture the serving revisions and then deploy all functions concurrently."""
    location = [f"--region={target.region}", f"--project={target.project}"]
    for name in table.functions:
        words = ["gcloud", "run", "services", "describe", format_service_name(name), *location]
        yield build_line("capture", name, *words, "--format=value(status.latestReadyRevisionName)")
        words = ["gcloud", "run", "services", "update-traffic", format_service_name(name)]
        yield build_line("rollback", name, *words, "--to-revisions=PREVIOUS=100", *location)
    for name, row in table.functions.items():
        words = ["gcloud", "functions", "deploy", name, "--gen2", *location]
        yield build_line("parallel", name, *words, *_function_flags(name, row, table, target), "--quiet")


def _function_flags(name: str, row: DeployedFunction, table: Scheduler, target: DeploymentTarget) -> Iterator[str]:
    is_public = isinstance(row, HttpFunction) and row.public
    yield f"--runtime={table.runtime}"
    yield f"--source={SOURCE}"
    yield f"--entry-point={name}"
    yield "--trigger-http"
    yield "--allow-unauthenticated" if is_public else "--no-allow-unauthenticated"
    yield f"--ingress-settings={'all' if is_public else 'internal-only'}"
    yield f"--timeout={row.timeout_seconds}s"
    yield f"--memory={row.memory_mb}Mi"
    if row.cpu is not None:
        yield f"--cpu={row.cpu}"
    yield f"--concurrency={row.concurrency}"
    yield f"--min-instances={row.min_instances}"
    yield f"--max-instances={row.max_instances}"
    yield f"--service-account={target.account_email(row.account)}"
    variables = target.environment(table, row)
    yield "--set-env-vars=" + ",".join(f"{variable}={text}" for variable, text in variables.items())


def grant_invokers(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that allow the invoker, and nobody else, to call the private functions."""
    for name, row in table.functions.items():
        if not (isinstance(row, HttpFunction) and row.public):
            words = ["gcloud", "functions", "add-invoker-policy-binding", name, f"--region={target.region}"]
            member = f"--member={target.member(table.invoker)}"
            yield build_line("retry", name, *words, member, f"--project={target.project}", "--quiet")


def configure_schedules(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that create or update the schedule of each scheduled function."""
    words = ["gcloud", "scheduler", "jobs"]
    location = [f"--location={target.region}", f"--project={target.project}"]
    for name, row in table.scheduled.items():
        flags = list(_schedule_flags(name, row, table, target))
        create = [*words, "create", "http", name, *location, *flags, "--headers=Content-Type=application/json"]
        update = [*words, "update", "http", name, *location, *flags, "--update-headers=Content-Type=application/json"]
        yield from create_or_update(name, [*words, "describe", name, *location], create, update)


def _schedule_flags(name: str, row: ScheduledFunction, table: Scheduler, target: DeploymentTarget) -> Iterator[str]:
    retry = table.get_retry(row)
    yield f"--schedule={row.schedule}"
    yield f"--time-zone={row.time_zone}"
    yield f"--description={row.description}"
    yield f"--uri={target.url(name)}"
    yield "--http-method=POST"
    yield "--message-body={}"
    yield f"--oidc-service-account-email={target.account_email(table.invoker)}"
    yield f"--oidc-token-audience={target.url(name)}"
    yield f"--attempt-deadline={row.attempt_deadline_seconds}s"
    yield f"--max-retry-attempts={retry.retries}"
    yield f"--min-backoff={retry.first_delay_seconds}s"
    yield f"--max-backoff={retry.longest_delay_seconds}s"
    yield f"--max-doublings={retry.doublings}"


def configure_alerts(target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that create or update the metric that counts runs that only a dead letter is left of, or nothing."""
    words = ["gcloud", "logging", "metrics"]
    flags = [
        f"--description={LOST_RUNS_DESCRIPTION}",
        f"--log-filter={LOST_RUNS_FILTER}",
        f"--project={target.project}",
    ]
    create, update = [*words, "create", LOST_RUNS, *flags], [*words, "update", LOST_RUNS, *flags]
    describe = [*words, "describe", LOST_RUNS, f"--project={target.project}"]
    yield from create_or_update(LOST_RUNS, describe, create, update)


def run_smoke_tests(table: Scheduler, target: DeploymentTarget) -> Iterator[PlanLine]:
    """Yield lines that send each public function a request to which only a healthy one responds as expected."""
    for name, row in table.functions.items():
        if isinstance(row, HttpFunction) and row.smoke:
            words = ["curl", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}"]
            retries = ["--max-time", "60", "--retry", "5", "--retry-connrefused"]
            body = ["--header", "Content-Type: application/json", "--data", "{}"] if row.smoke.method == "POST" else []
            label = f"{name}={row.smoke.expect_status}"
            yield build_line("expect", label, *words, *retries, *body, target.url(name) + row.smoke.path)
