"""Where a deployment goes: names, addresses and variables that follow from the project and the region."""

from dataclasses import dataclass

from brain.errors import MisconfiguredError
from brain.settings.scheduler import Function, Scheduler, service_name

SOURCE = "build/functions"


@dataclass(frozen=True, slots=True)
class Target:
    """A Google Cloud project, its number and the region of the functions."""

    project: str
    project_number: str
    region: str

    def account_email(self, name: str) -> str:
        """Return a service account's address."""
        return f"{name}@{self.project}.iam.gserviceaccount.com"

    def member(self, account: str) -> str:
        """Return a service account as IAM names it."""
        return f"serviceAccount:{self.account_email(account)}"

    def url(self, function_name: str) -> str:
        """Return the address of a function, which is also the audience of tokens for it."""
        return f"https://{service_name(function_name)}-{self.project_number}.{self.region}.run.app"

    def environment(self, table: Scheduler, function: Function) -> dict[str, str]:
        """Return a function's variables with what is in braces filled in.

        Raises:
            MisconfiguredError: a value has another name in braces.
        """
        return {
            name: self._filled(name, value) for name, value in {**table.environment, **function.environment}.items()
        }

    def _filled(self, name: str, value: str) -> str:
        try:
            return value.format(project=self.project, project_number=self.project_number, region=self.region)
        except (KeyError, IndexError, ValueError) as exc:
            message = f"environment.{name} may name {{project}}, {{project_number}} and {{region}}, found {value!r}"
            raise MisconfiguredError(message) from exc
