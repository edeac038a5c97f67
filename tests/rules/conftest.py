"""Projects of the emulator with rules in them."""

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from rules.rest import Project

RULES = Path(__file__).resolve().parents[2] / "firestore.rules"


@pytest.fixture(scope="session")
def rules_source() -> str:
    """The rules that are deployed."""
    return RULES.read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def open_project(emulator: str) -> Callable[[str], Project]:
    """Opens a project of its own with the given rules; the emulator never lets go of one, so open few."""

    def opened(source: str) -> Project:
        project = Project(emulator, f"demo-{uuid.uuid4().hex[:12]}")
        project.put_rules(source)
        return project

    return opened


@pytest.fixture(scope="session")
def project_with_rules(open_project: Callable[[str], Project], rules_source: str) -> Project:
    """A project with the rules that are deployed."""
    return open_project(rules_source)
