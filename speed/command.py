"""What `python -m speed` does: which rows, the measurement, the page."""

from __future__ import annotations

import difflib
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from speed import lines as kept
from speed import page
from speed.row import Outcome, Row, measured
from speed.rows import ROWS


class SpeedError(Exception):
    """A row that there is not; the message is one sentence with the names."""


def chosen(words: Sequence[str], everything: bool = False, rows: Sequence[Row] = ROWS) -> list[Row]:
    """The rows of these names; without names all but the optional ones, which `everything` adds."""
    known = {row.name: row for row in rows}
    for word in words:
        if word not in known:
            near = difflib.get_close_matches(word, known, n=1)
            guess = f'; did you mean "{near[0]}"?' if near else ""
            raise SpeedError(f'there is no row "{word}"{guess} (there are {", ".join(known)})')
    return [known[word] for word in dict.fromkeys(words)] or [row for row in rows if everything or not row.optional]


def listing(rows: Sequence[Row] = ROWS) -> str:
    """Every row with its sentence and its goal."""
    longest = max(len(row.name) for row in rows)

    def line(row: Row) -> str:
        goal = "" if row.goal is None else f"; goal {row.goal:g}{' s' if row.unit == 'seconds' else ''}"
        return f"{row.name:<{longest}}  {row.sentence}{goal}{'; only with --all or by name' if row.optional else ''}"

    return "\n".join(map(line, rows))


def apart(row: Row, rounds: int | None) -> list[kept.Entry]:
    """A row measured in a fresh process: TensorFlow, which a peer loads, can end one that loads other compilers too."""
    with tempfile.TemporaryDirectory(prefix="mtl-bench-speed-") as folder:
        path = Path(folder, "lines.csv")
        program = f"from speed.command import alone; alone({row.name!r}, {rounds!r}, {str(path)!r})"
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, errors="replace")
        if done.returncode == 0:
            return kept.read(path, [row])
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return kept.lines_of(
        Outcome(row, rounds or row.rounds, failure=f"its process ended with {done.returncode}: {last}")
    )


def alone(name: str, rounds: int | None, path: str) -> None:
    """What that process does."""
    [row] = chosen([name])
    kept.write(Path(path), here(row, rounds))


def here(row: Row, rounds: int | None) -> list[kept.Entry]:
    """A row measured in this process."""
    return kept.lines_of(measured(row, rounds))


def run(
    wanted: Sequence[Row],
    rounds: int | None,
    folder: Path,
    rows: Sequence[Row] = ROWS,
    measure: Callable[[Row, int | None], list[kept.Entry]] = apart,
) -> int:
    """Measure these rows, keep the others as they were measured before, write the page; 1 if a row failed."""
    table = folder / "speed" / "table-1.csv"
    failed = False
    print(page.head(), flush=True)
    for row in wanted:
        fresh = measure(row, rounds)
        failed |= any(line.state.startswith("failed") for line in fresh)
        others = [line for line in kept.read(table, rows) if line.row != row.name]
        kept.write(table, [*others, *fresh])  # at once: a run that is stopped keeps what it has
        for line in fresh:
            print(page.text(line), flush=True)
    print(page.write(folder, kept.read(table, rows)))
    return int(failed)
