"""The shell commands of the documentation pages, run as they are written."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"-?\d+\.\d+")
PAGES = ("how-it-detects", "how-it-learns", "how-it-predicts", "how-it-recommends", "integrate-a-feed")


def read_commands(page: str) -> list[tuple[str, str | None]]:
    """Return each shell block of a page, with the output that the page shows below it, None where it shows none."""
    blocks = BLOCK.findall((ROOT / "docs" / f"{page}.md").read_text("utf-8"))
    shown = [*blocks[1:], ("", "")]
    return [
        (commands, output if output_kind in ("json", "text") else None)
        for (kind, commands), (output_kind, output) in zip(blocks, shown, strict=True)
        if kind == "sh"
    ]


def round_numbers(text: str) -> str:
    """Return a text with its fractions rounded: their last digits may differ between processors."""
    return NUMBER.sub(lambda number: f"{float(number[0]):.5g}", text)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_commands_print_what_the_page_shows(page: str, tmp_path: Path) -> None:
    """Every command of a page succeeds, and prints the output shown below it."""
    environment = {name: setting for name, setting in os.environ.items() if not name.startswith("BRAIN_")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    commands = read_commands(page)
    assert commands
    for script, output in commands:
        completed = subprocess.run(
            ["/bin/bash", "-euo", "pipefail", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert completed.returncode == 0, completed.stderr
        assert output is None or round_numbers(completed.stdout) == round_numbers(output)
