"""Writing the page of a study from its results."""

from __future__ import annotations

from collections import Counter

from mtl_bench import workspace
from mtl_bench.core.store import code_of
from mtl_bench.core.trial import key
from mtl_bench.execution.selection import Selection
from mtl_bench.results.table import Results


def report(selection: Selection) -> None:
    """Write the page. Raises StudyError when there are no results yet."""
    results = selection.results()
    if not len(results.rows):
        raise selection.without_results()
    write_page(selection, results)


def write_page(selection: Selection, results: Results, note: str = "") -> None:
    """Write the page and say what it says, then the note; the last line is where the page for browsers is."""
    from mtl_bench.report import page, terminal
    from mtl_bench.results.frame import Frame

    frame = Frame.of(selection.study, results, selection.planned)
    codes = {key(cell.trial): (type(cell.trial).__name__, code_of(cell.trial)) for cell in selection.planned}
    rows = [row for row in zip(results.rows["key"], results.rows["code"], strict=True) if row[0] in codes]
    stale = Counter(codes[name][0] for name, code in rows if codes[name][1] != code)
    path = page.write(selection.name, frame, workspace.places().reports, stale)
    print("\n".join(terminal.outcome_lines(frame)))
    if note:
        print("\n".join(terminal.folded([note])))
    print(workspace.near(path.with_suffix(".html")))
