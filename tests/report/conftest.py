"""A page of a run of the quickstart's shape."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mtl_bench.report.page import write
from mtl_bench.results.table import Results
from mtl_bench.study import Study
from tests.results.measured import PAPER, frame_of

URL = "https://jmlr.org/papers/v17/15-239.html"


@pytest.fixture
def page(quick: tuple[Study, Results], tmp_path: Path) -> Path:
    study, results = quick
    results.write()
    path = write("quick", frame_of(replace(study, papers={PAPER: URL}), results), tmp_path / "reports")
    return path.with_suffix(".html")
