"""The ``TaskQueue`` on Cloud Tasks, with deterministic task names so that a repeated dispatch runs once."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brain.errors import StoreRefusedError, StoreUnavailableError
from brain.ports.task_queue import Task

if TYPE_CHECKING:
    from google.cloud.tasks_v2 import CloudTasksClient


@dataclass(frozen=True, slots=True)
class TaskRoute:
    """The queue of a job's tasks (its resource name) and how long the worker may take for one of them."""

    queue: str
    deadline_seconds: int


@dataclass(slots=True)
class CloudTasksQueue:
    """Enqueues HTTP tasks that call the worker.

    Args:
        routes: The route of each job.
        worker_url: The address of the worker, which is also the audience of the OIDC token.
        invoker: The service account in whose name the worker is called.
        client: The client of Cloud Tasks; created on first use by default.
    """

    routes: Mapping[str, TaskRoute]
    worker_url: str
    invoker: str
    client: "CloudTasksClient | None" = field(default=None, repr=False)

    def enqueue(self, task: Task) -> bool:
        """Add the task; returns False if a task with its name is in the queue or was recently.

        Raises:
            StoreUnavailableError: Cloud Tasks did not respond.
            StoreRefusedError: Cloud Tasks rejected the task, because the queue or a permission is missing.
        """
        from google.api_core import exceptions  # noqa: PLC0415 - imported by dispatchers only

        try:
            self._open_client().create_task(request=self._build_request(task))
        except exceptions.AlreadyExists:
            return False
        except (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.TooManyRequests) as exc:
            raise StoreUnavailableError("the task queue did not respond; try again", retry_after_seconds=10) from exc
        except exceptions.GoogleAPICallError as exc:
            message = (
                f"the task queue {self.routes[task.job].queue} rejected a task; check it with `deploy.sh --only queues`"
            )
            raise StoreRefusedError(message, reason=str(exc)) from exc
        return True

    def _open_client(self) -> "CloudTasksClient":
        if self.client is None:
            from google.cloud.tasks_v2 import CloudTasksClient  # noqa: PLC0415 - as above

            self.client = CloudTasksClient()
        return self.client

    def _build_request(self, task: Task) -> dict[str, object]:
        route = self.routes[task.job]
        body = {
            "job": task.job,
            "client_id": task.client_id,
            "scheduled_at": task.scheduled_at.isoformat(),
            "dry_run": task.dry_run,
        }
        return {
            "parent": route.queue,
            "task": {
                "name": f"{route.queue}/tasks/{task_name(task)}",
                "schedule_time": task.not_before,
                "dispatch_deadline": {"seconds": route.deadline_seconds},
                "http_request": {
                    "http_method": "POST",
                    "url": self.worker_url,
                    "headers": {"Content-Type": "application/json"},
                    "body": json.dumps(body).encode(),
                    "oidc_token": {"service_account_email": self.invoker, "audience": self.worker_url},
                },
            },
        }


def task_name(task: Task) -> str:
    """Return the name of the task, with the hash first because sequential names slow the queue down."""
    identity = f"{task.job}|{task.client_id}|{task.scheduled_at.isoformat()}|{task.dry_run}"
    if task.continues:
        identity += f"|{task.continues}"
    return f"{hashlib.sha256(identity.encode()).hexdigest()[:24]}-{task.job}"
