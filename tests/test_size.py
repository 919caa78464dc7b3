"""A file fits one reading: none of the package, the studies or the speed comparisons is longer."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[1]
LINES = 250


def test_no_file_is_longer_than_one_reading() -> None:
    files = [path for folder in ("mtl_bench", "benchmarks", "speed") for path in (ROOT / folder).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_bytes().splitlines()) for path in files}
    assert len(lengths) > 100
    assert {file: lines for file, lines in lengths.items() if lines > LINES} == {}
