"""What the documents name exists, and their lines fit into a terminal."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LIBRARY = ROOT / "shared" / "brain"
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
BUILT = "build"
CODE_FOLDERS = {folder.name for root in (ROOT, LIBRARY) for folder in root.iterdir() if folder.is_dir()} - {BUILT}
CODE_BLOCK = re.compile(r"```.*?```", re.DOTALL)
CODE_PATH = re.compile(r"`((?:[a-z_]+/)+[A-Za-z0-9_.-]*|[a-z_]+\.py)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
MAX_LINE_LENGTH = 120


def relative_path(path: Path) -> str:
    """Return a document's path from the root."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative_path)
def test_links_point_to_files(document: Path) -> None:
    """Every relative link of a document points to a file."""
    links = LINK.findall(document.read_text("utf-8"))
    local_links = [link for link in links if not link.startswith(("http://", "https://", "mailto:"))]
    assert not [link for link in local_links if not (document.parent / link).exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative_path)
def test_code_paths_exist(document: Path) -> None:
    """Every path of code that a document names exists, relative to the root, the library or the document."""
    text = CODE_BLOCK.sub("", document.read_text("utf-8"))
    code_paths = [
        path for path in CODE_PATH.findall(text) if path.endswith(".py") or path.split("/")[0] in CODE_FOLDERS
    ]
    roots = (ROOT, LIBRARY, document.parent)
    assert not [path for path in code_paths if not any((root / path).exists() for root in roots)]


@pytest.mark.parametrize("document", DOCUMENTS, ids=relative_path)
def test_lines_are_short(document: Path) -> None:
    """Lines have at most 120 characters, except the rows of tables, which cannot be wrapped."""
    lines = document.read_text("utf-8").splitlines()
    assert not [line for line in lines if len(line) > MAX_LINE_LENGTH and not line.lstrip().startswith("|")]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_decision_record_has_date_status_and_sections(record: Path) -> None:
    """A record has its date, status, context, decision, consequences, and when to revisit it."""
    text = record.read_text("utf-8")
    assert re.search(r"^- Date: \d{4}-\d{2}-\d{2}$", text, re.MULTILINE)
    assert re.search(r"^- Status: (accepted|superseded by \d{4})", text, re.MULTILINE)
    for heading in ("Context", "Decision", "Consequences", "When to revisit"):
        assert f"\n## {heading}\n" in text, heading
