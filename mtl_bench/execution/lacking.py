"""Which of a study's cells are to be computed."""

from __future__ import annotations

from mtl_bench.execution.machine import Machine
from mtl_bench.execution.selection import Selection
from mtl_bench.results.table import Results
from mtl_bench.study import Cell

MANY = 20_000  # cells whose keys take seconds to compute


def lacking(selection: Selection, machine: Machine, results: Results, here: bool, recompute: bool) -> list[Cell]:
    """The cells without a row in the results; `here`, also those that this store did not compute."""

    def done(cell: Cell) -> bool:
        return results.has(cell, machine.device) and not recompute and (not here or cell.trial in machine.store)

    count = len(selection.cells)
    if count > MANY:
        print(f"looking up {count:,} cells", flush=True)
    todo = [cell for cell in selection.cells if not done(cell)]
    what = f"{selection.name} at {selection.scale} scale{', pilot' if selection.pilot else ''}"
    print(f"{what}: {count - len(todo)} of {count} cells done", flush=True)
    if 0 < len(todo) < count and not here and not any(cell.trial in machine.store for cell in selection.cells):
        print("(by the results in the repository; --here measures them on this machine)", flush=True)
    return todo
