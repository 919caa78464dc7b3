"""The rows of the speed table, a file per family."""

from __future__ import annotations

from speed.rows import adaptation, cells, cka, coral, gfk, images, interpolation, jda, layers, mmd, sa, tca

ROWS = (
    *tca.ROWS,
    *jda.ROWS,
    *coral.ROWS,
    *gfk.ROWS,
    *sa.ROWS,
    *mmd.ROWS,
    *images.ROWS,
    *layers.ROWS,
    *cka.ROWS,
    *interpolation.ROWS,
    *adaptation.ROWS,
    *cells.ROWS,
)
