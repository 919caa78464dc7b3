"""What a study's pilot says of the judged run before it: printed by dry runs and pilots, kept by declarations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mtl_bench.execution.selection import Selection
from mtl_bench.workspace import StudyError

if TYPE_CHECKING:
    from mtl_bench.statistics.power import Power


def powers(selection: Selection) -> list[Power]:
    """What the planned cells can show of each primary claim; empty without a pilot.

    Raises StudyError at smoke scale and where the study has nothing with a seed.
    """
    from mtl_bench.results.frame import Frame
    from mtl_bench.statistics import power

    pilot = Selection.of_pilot(selection.name, selection.scale)
    results = pilot.results()
    if not len(results.rows):
        return []
    return power.powers(selection.study, selection.planned, Frame.of(pilot.study, results, pilot.planned))


def tell(selection: Selection) -> None:
    """Print the power of each primary claim, or how to get it; nothing where nothing is judged."""
    from mtl_bench.statistics.power import power_lines

    if selection.scale == "smoke" or not any(claim.primary for claim in selection.study.claims):
        return
    try:
        found = powers(selection)
    except StudyError as error:
        print(f"no power before the run: {error}")
        return
    how = f"mtl-bench run {selection.name} --scale {selection.scale} --pilot"
    without = [f"no pilot yet: `{how}` runs the seeds 0 to 2, and then this says what the planned seeds can show"]
    print("\n".join(power_lines(found) if found else without))
