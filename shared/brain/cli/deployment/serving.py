"""The steps that put functions, their queue and their schedules in service, and the way back."""

from collections.abc import Iterator

from brain.cli.deployment.lines import Line, line, upsert
from brain.cli.deployment.target import SOURCE, Target
from brain.settings.scheduler import Function, HttpFunction, ScheduledFunction, Scheduler, service_name


def verify(table: Scheduler, runtime_python: str) -> Iterator[Line]:
    """Call each function as staged, each in an interpreter of its own that has what the cloud will have."""
    for name, row in table.functions.items():
        flags = ["--asgi"] if row.is_asynchronous else []
        words = ["env", f"PYTHONPATH={SOURCE}", runtime_python, "-m", "brain.cli.deployment.staged"]
        yield line("together", name, *words, f"{SOURCE}/main.py", name, *flags)


def queues(table: Scheduler, target: Target) -> Iterator[Line]:
    """Make the queue or set its limits; the first attempt counts as one of its attempts."""
    retry, queue = table.retry, table.queue
    words = ["gcloud", "tasks", "queues"]
    place = [f"--location={target.region}", f"--project={target.project}"]
    limits = [
        f"--max-dispatches-per-second={queue.dispatches_per_second}",
        f"--max-concurrent-dispatches={queue.concurrent_dispatches}",
        f"--max-attempts={retry.retries + 1}",
        f"--min-backoff={retry.first_delay_seconds}s",
        f"--max-backoff={retry.longest_delay_seconds}s",
        f"--max-doublings={retry.doublings}",
    ]
    create = [*words, "create", queue.name, *place, *limits]
    update = [*words, "update", queue.name, *place, *limits]
    yield from upsert(queue.name, [*words, "describe", queue.name, *place], create, update)


def functions(table: Scheduler, target: Target) -> Iterator[Line]:
    """Remember what serves now, then deploy all functions beside each other."""
    place = [f"--region={target.region}", f"--project={target.project}"]
    for name in table.functions:
        words = ["gcloud", "run", "services", "describe", service_name(name), *place]
        yield line("remember", name, *words, "--format=value(status.latestReadyRevisionName)")
        back = ["gcloud", "run", "services", "update-traffic", service_name(name), "--to-revisions=PREVIOUS=100"]
        yield line("back", name, *back, *place)
    for name, row in table.functions.items():
        words = ["gcloud", "functions", "deploy", name, "--gen2", *place]
        yield line("together", name, *words, *_form(name, row, table, target), "--quiet")


def _form(name: str, row: Function, table: Scheduler, target: Target) -> Iterator[str]:
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
    yield "--set-env-vars=" + ",".join(f"{name}={value}" for name, value in variables.items())


def invokers(table: Scheduler, target: Target) -> Iterator[Line]:
    """Let the invoker, and nobody else, call what is not public."""
    for name, row in table.functions.items():
        if not (isinstance(row, HttpFunction) and row.public):
            words = ["gcloud", "functions", "add-invoker-policy-binding", name, f"--region={target.region}"]
            member = f"--member={target.member(table.invoker)}"
            yield line("settle", name, *words, member, f"--project={target.project}", "--quiet")


def schedules(table: Scheduler, target: Target) -> Iterator[Line]:
    """Make each function's schedule or bring it up to date."""
    words = ["gcloud", "scheduler", "jobs"]
    place = [f"--location={target.region}", f"--project={target.project}"]
    for name, row in table.scheduled.items():
        form = list(_schedule(name, row, table, target))
        create = [*words, "create", "http", name, *place, *form, "--headers=Content-Type=application/json"]
        update = [*words, "update", "http", name, *place, *form, "--update-headers=Content-Type=application/json"]
        yield from upsert(name, [*words, "describe", name, *place], create, update)


def _schedule(name: str, row: ScheduledFunction, table: Scheduler, target: Target) -> Iterator[str]:
    retry = table.retry_of(row)
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


def smoke(table: Scheduler, target: Target) -> Iterator[Line]:
    """Ask each public function for an answer that only a healthy one gives."""
    for name, row in table.functions.items():
        if isinstance(row, HttpFunction) and row.smoke:
            words = ["curl", "--silent", "--show-error", "--output", "/dev/null", "--write-out", "%{http_code}"]
            patience = ["--max-time", "60", "--retry", "5", "--retry-connrefused"]
            body = ["--header", "Content-Type: application/json", "--data", "{}"] if row.smoke.method == "POST" else []
            label = f"{name}={row.smoke.expect_status}"
            yield line("expect", label, *words, *patience, *body, target.url(name) + row.smoke.path)
