"""The ``TaskQueue`` on Cloud Tasks: deterministic names, so that the same dispatch twice runs once."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from brain.errors import StoreRefusedError, StoreUnavailableError
from brain.ports.task_queue import Task

if TYPE_CHECKING:
    from google.cloud.tasks_v2 import CloudTasksClient


@dataclass(slots=True)
class CloudTasksQueue:
    """Enqueues HTTP tasks that call the worker as ``invoker`` by OIDC; ``queue`` is the queue's full name."""

    queue: str
    worker_url: str
    invoker: str
    deadline_seconds: int
    client: "CloudTasksClient | None" = field(default=None, repr=False)

    def enqueue(self, task: Task) -> bool:
        """Take the task; False when a task of this name is there or was lately.

        Raises:
            StoreUnavailableError: Cloud Tasks did not take it now.
            StoreRefusedError: Cloud Tasks will not take it: the queue or a permission is missing.
        """
        from google.api_core import exceptions  # noqa: PLC0415 - only dispatchers pay for the client's import

        try:
            self._connected().create_task(request=self._request(task))
        except exceptions.AlreadyExists:
            return False
        except (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded, exceptions.TooManyRequests) as exc:
            raise StoreUnavailableError("the task queue did not answer; try again", retry_after_seconds=10) from exc
        except exceptions.GoogleAPICallError as exc:
            message = f"the task queue {self.queue} refused a task; check with `deploy.sh --only queues`"
            raise StoreRefusedError(message, reason=str(exc)) from exc
        return True

    def _connected(self) -> "CloudTasksClient":
        if self.client is None:
            from google.cloud.tasks_v2 import CloudTasksClient  # noqa: PLC0415 - as above

            self.client = CloudTasksClient()
        return self.client

    def _request(self, task: Task) -> dict[str, object]:
        body = {
            "job": task.job,
            "client_id": task.client_id,
            "scheduled_at": task.scheduled_at.isoformat(),
            "dry_run": task.dry_run,
        }
        return {
            "parent": self.queue,
            "task": {
                "name": f"{self.queue}/tasks/{task_name(task)}",
                "schedule_time": task.not_before,
                "dispatch_deadline": {"seconds": self.deadline_seconds},
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
    """Return the task's name: the hash first, since names in sequence slow the queue down."""
    what = f"{task.job}|{task.client_id}|{task.scheduled_at.isoformat()}|{task.dry_run}"
    return f"{hashlib.sha256(what.encode()).hexdigest()[:24]}-{task.job}"
