"""The project speaks of the project alone, and every dependency is explained."""

import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Spelt so that this file is not found by itself.
FOREIGN = re.compile(
    r"/w[o]rk/|/r[o]ot/|\.li[b]rary|farm-[a-z]|pypi\.o[r]g|registry\.npm[j]s|pythonh[o]sted", re.IGNORECASE
)
OPEN_ENDS = re.compile(r"\b(TO[D]O|FIX[M]E|X[X]X|raise NotImplemented[E]rror)\b")
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".sh", ".json", ".rules", ".txt", ".j2", ""}


def tracked() -> list[Path]:
    """Return the files that git keeps."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout  # noqa: S607
    return [ROOT / name for name in listed.splitlines() if Path(name).suffix in TEXT and (ROOT / name).is_file()]


def test_no_file_speaks_of_a_machine_or_a_download_address() -> None:
    """Neither paths of a machine nor addresses of package registries."""
    matches = [
        (str(p.relative_to(ROOT)), m.group())
        for p in tracked()
        if (m := FOREIGN.search(p.read_text("utf-8", "ignore")))
    ]
    assert not matches


def test_nothing_is_left_open_in_the_code() -> None:
    """What is not built is not there."""
    code = [p for p in tracked() if p.suffix == ".py"]
    assert not [str(p.relative_to(ROOT)) for p in code if OPEN_ENDS.search(p.read_text("utf-8", "ignore"))]


def test_every_dependency_is_named_with_its_reason() -> None:
    """In the decision record on libraries."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [project["project"]["dependencies"], *project["project"]["optional-dependencies"].values()]
    groups += project["dependency-groups"].values()
    names = {re.split(r"[>=<\[]", entry)[0] for group in groups for entry in group}
    record = (ROOT / "docs" / "decisions" / "0002-libraries.md").read_text("utf-8")
    assert not sorted(name for name in names if f"`{name}`" not in record)


def test_every_decision_is_numbered_once() -> None:
    """And the folder's list has them all."""
    records = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    numbers = [record.name[:4] for record in records]
    assert len(set(numbers)) == len(numbers)
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text("utf-8")
    assert not [record.name for record in records if record.name not in listed]
