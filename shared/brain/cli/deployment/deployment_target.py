"""The target of a deployment: names, addresses and variables that follow from the project and the region."""

from dataclasses import dataclass

from brain.errors import MisconfiguredError
from brain.settings.functions import DeployedFunction
from brain.settings.scheduler import Scheduler, format_service_name

SOURCE = "build/functions"


@dataclass(frozen=True, slots=True)
class DeploymentTarget:
    """A Google Cloud project, its number and the region of the functions."""

    project: str
    project_number: str
    region: str

    def account_email(self, name: str) -> str:
        """Return the email address of a service account."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def member(self, account: str) -> str:
        """Return a service account as a member of an IAM policy."""
        return f"serviceAccount:{self.account_email(account)}"

    def url(self, function_name: str) -> str:
        """Return the address of a function, which is also the audience of tokens for it."""
        return f"https://{format_service_name(function_name)}-{self.project_number}.{self.region}.run.app"

    def environment(self, table: Scheduler, function: DeployedFunction) -> dict[str, str]:
        """Return the environment variables of a function with their placeholders replaced.

        Raises:
            MisconfiguredError: A value has an unknown placeholder.
        """
        variables = {**table.environment, **function.environment}
        return {name: self._replace_placeholders(name, text) for name, text in variables.items()}

    def _replace_placeholders(self, name: str, text: str) -> str:
        try:
            return text.format(project=self.project, project_number=self.project_number, region=self.region)
        except (KeyError, IndexError, ValueError) as exc:
            message = (
                f"environment.{name} may contain only the placeholders {{project}}, {{project_number}} and {{region}}, "
                f"got {text!r}"
            )
            raise MisconfiguredError(message) from exc
