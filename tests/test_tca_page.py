"""docs/tca.md: its program runs as printed and prints what the page says."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs/tca.md").read_text(encoding="utf-8")


def program() -> str:
    [text] = re.findall(r"```python file=tca_compared\.py\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def run(text: str, folder: Path) -> str:
    (folder / "tca_compared.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "tca_compared.py"], cwd=folder, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def shares(printed: str) -> dict[str, tuple[float, float]]:
    """Share of the optimum and angle, by name."""
    pattern = r"(.+?) +([\d.]+) % of the optimum, +([\d.]+) degrees away"
    return {name: (float(share), float(angle)) for name, share, angle in re.findall(pattern, printed)}


@pytest.mark.slow
def test_the_program_prints_what_the_page_says(tmp_path: Path) -> None:
    [printed] = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    found, said = shares(run(program(), tmp_path)), shares(printed)
    assert len(said) == 5
    for name, numbers in said.items():
        assert found[name] == pytest.approx(numbers, abs=0.02)
    exact = ("ours, paper", "ours, unit eigenvectors", "ours, released, mu / (1/400 + 1/200)")
    assert all(found[name] == (100, 0) for name in exact)
    assert found["eigh of a matrix without symmetry"][0] < 99.5


@pytest.mark.skipif(importlib.util.find_spec("skada") is None, reason="skada is not installed")
def test_skada_stands_where_the_last_line_does(tmp_path: Path) -> None:
    theirs = """
from skada import TransferComponentAnalysisAdapter
domain = np.repeat([1, -2], [400, 200])
skada = TransferComponentAnalysisAdapter(kernel="linear", n_components=count, mu=1 / mu)
compare("skada", skada.fit(x, sample_domain=domain).eigvects_)
"""
    found = shares(run(program() + theirs, tmp_path))
    assert found["skada"] == pytest.approx(found["eigh of a matrix without symmetry"], abs=0.02)


def test_every_link_of_the_page_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", PAGE):
        assert target.startswith("https://") or (ROOT / "docs" / target).exists(), target
