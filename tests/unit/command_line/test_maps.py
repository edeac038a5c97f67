"""``brain maps``: propose a map for an export, store it for a client, and list it."""

import json
from pathlib import Path

from unit.command_line.conftest import RunCommand

DOCS = Path(__file__).parents[3] / "docs" / "integrate-a-feed.md"


def test_a_proposed_map_is_stored_and_listed(run_brain: RunCommand, tmp_path: Path) -> None:
    """What is proposed can be stored as it is; columns that it leaves out are named."""
    (tmp_path / "rows.csv").write_text("Day,page_id,page_views,device,score\n2026-11-20,7,31,mobile,4\n", "utf-8")
    exit_code, proposed, _ = run_brain("maps", "propose", "rows.csv")
    assert (exit_code, "# not read: score" in proposed) == (0, True)
    (tmp_path / "map.yaml").write_text(proposed, "utf-8")
    assert run_brain("maps", "set", "pages", "map.yaml", "--client", "acme")[0] == 0
    exit_code, listed, _ = run_brain("maps", "list", "--client", "acme", "--json")
    assert json.loads(listed)["pages"]["key"] == ["Day", "page_id", "device"]


def test_what_is_no_map_is_refused(run_brain: RunCommand, tmp_path: Path) -> None:
    """An unknown key, and rows without columns."""
    (tmp_path / "map.yaml").write_text("colour: red\n", "utf-8")
    exit_code, _, errors = run_brain("maps", "set", "pages", "map.yaml", "--client", "acme")
    assert (exit_code, "colour" in errors) == (2, True)
    (tmp_path / "rows.json").write_text("[1, 2]", "utf-8")
    assert run_brain("maps", "propose", "rows.json")[0] == 2


def test_the_map_of_the_docs_is_tried_from_a_file(run_brain: RunCommand, tmp_path: Path) -> None:
    """``brain normalize`` reads it before it is stored, with its decimal comma."""
    (tmp_path / "rows.csv").write_text("Datum;Kampanj;Visningar;Kostnad\n2026-11-20;Vinter;1.234;1.111,50\n", "utf-8")
    example = DOCS.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
    (tmp_path / "map.yaml").write_text(example, "utf-8")
    exit_code, printed, _ = run_brain("normalize", "warehouse", "rows.csv", "--map", "map.yaml")
    event = json.loads(printed)
    assert (exit_code, event["impressions"], event["spend"]) == (0, 1234, 1111.5)
    assert "missing.yaml" in run_brain("normalize", "warehouse", "rows.csv", "--map", "missing.yaml")[2]


def test_columns_in_another_language_say_where_a_map_is_described(run_brain: RunCommand, tmp_path: Path) -> None:
    """A proposal needs names that it knows."""
    (tmp_path / "rows.csv").write_text("Datum;Klick\n2026-11-20;7\n", "utf-8")
    exit_code, _, errors = run_brain("maps", "propose", "rows.csv")
    assert (exit_code, "docs/integrate-a-feed.md" in errors) == (2, True)
