"""The files of a figure: PNG for the page, PDF for print, the same bytes for the same results."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mtl_bench.results.table import Results
from mtl_bench.study import Bars, Curves, Filters, Layers, Points, Study, Sweep
from mtl_bench.views.bars import draw_bars
from mtl_bench.views.curves import draw_curves
from mtl_bench.views.filters import draw_filters
from mtl_bench.views.layers import draw_layers
from mtl_bench.views.scatter import draw_scatter
from mtl_bench.views.style import STYLE
from mtl_bench.views.sweep import draw_sweep

if TYPE_CHECKING:
    from matplotlib.figure import Figure


Drawn = Bars | Curves | Points | Sweep | Layers | Filters  # the other views are tables


def _draw(view: Drawn, study: Study, results: Results) -> Figure | None:
    match view:
        case Bars():
            return draw_bars(view, study, results)
        case Curves():
            return draw_curves(view, study, results)
        case Points():
            return draw_scatter(view, study, results)
        case Sweep():
            return draw_sweep(view, study, results)
        case Layers():
            return draw_layers(view, study, results)
        case Filters():
            return draw_filters(view, study, results)


def save(view: Drawn, study: Study, results: Results, stem: Path) -> bool:
    """Write `<stem>.png` and `<stem>.pdf`; False when the results hold nothing to draw."""
    from matplotlib import style

    with style.context(["default", STYLE]):  # a reader's own matplotlibrc must not change the figure
        figure = _draw(view, study, results)
        if figure is None:
            return False
        # Neither dates nor versions: equal results give equal files.
        figure.savefig(stem.with_name(stem.name + ".png"), metadata={"Software": None})
        figure.set_layout_engine("none")  # laid out once, the same for both
        nothing = {"CreationDate": None, "Creator": None, "Producer": None}
        figure.savefig(stem.with_name(stem.name + ".pdf"), metadata=nothing)
    return True
