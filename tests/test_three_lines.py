"""The notebook of docs/: it is the script beside it, and that runs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT, NOTEBOOK = ROOT / "docs/three_lines.py", ROOT / "docs/three_lines.ipynb"
CELL = re.compile(r"^# %%( \[markdown\])?\n", re.MULTILINE)


def cells_of_script() -> list[tuple[str, str]]:
    _, *parts = CELL.split(SCRIPT.read_text(encoding="utf-8"))
    found = []
    for kind, text in zip(parts[::2], parts[1::2], strict=True):
        lines = text.strip().splitlines()
        found.append(("markdown", "\n".join(line[2:] for line in lines)) if kind else ("code", "\n".join(lines)))
    return found


def test_the_notebook_is_the_script_with_what_it_printed() -> None:
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert [(cell["cell_type"], "".join(cell["source"])) for cell in cells] == cells_of_script()
    printing = [cell for cell in cells if cell["cell_type"] == "code" and "print(" in "".join(cell["source"])]
    assert printing and all(cell["outputs"] for cell in printing)
    assert not re.search(r"/(home|root|work|Users)/|Traceback|stderr", NOTEBOOK.read_text(encoding="utf-8"))


@pytest.mark.slow
def test_the_script_runs(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, SCRIPT], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=600
    )
    assert done.returncode == 0, done.stderr
    assert "TCA(dimension=5)" in done.stdout and "proxy A-distance" in done.stdout
