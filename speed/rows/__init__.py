"""The rows of the speed table, a file per family."""

from __future__ import annotations

from speed.rows import (
    adaptation,
    bags,
    cells,
    cka,
    coral,
    gfk,
    images,
    interpolation,
    jda,
    layers,
    mmd,
    msda,
    sa,
    tca,
    texts,
)

ROWS = (
    *tca.ROWS,
    *jda.ROWS,
    *coral.ROWS,
    *gfk.ROWS,
    *sa.ROWS,
    *msda.ROWS,
    *mmd.ROWS,
    *images.ROWS,
    *layers.ROWS,
    *cka.ROWS,
    *interpolation.ROWS,
    *adaptation.ROWS,
    *bags.ROWS,
    *texts.ROWS,
    *cells.ROWS,
)
