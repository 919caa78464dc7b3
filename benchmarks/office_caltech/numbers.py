"""What the papers print, beside the lines of the plan that have their conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtl_bench.published import Paper, paper
from mtl_bench.study import Labels, Published

from .plan import (
    ALL,
    BY_DIMENSION,
    BY_MU,
    DOMAINS,
    FULL,
    LIBSVM,
    MEAN,
    NONE,
    SCALED,
    SURF,
    TWENTY_OR_TEN,
    UNIT,
    Row,
    line,
)

JDA, JGSA, MEDA, CORAL = paper("long2013"), paper("zhang2017"), paper("wang2018"), paper("sun2016")
TABLE = "SURF table"
PAIRS = {"source": DOMAINS, "target": DOMAINS}
UNKNOWN_SVM = "its SVM and normalisation are not known"


def beside(of: Paper, row: str, beside: Row, context: str = "") -> Iterator[Published]:
    """A row of a paper's table, and its mean, beside the line that has its conventions.

    The mean is computed from the pairs: the one that MEDA's table prints for the SVM does not follow from them.
    """
    labels: Labels = {**beside.labels, "features": SURF}
    yield from of.table(TABLE, {row: labels}, PAIRS, labels={"protocol": FULL}, context=context)
    places: tuple[Labels, ...] = ({"protocol": FULL}, {"protocol": BY_DIMENSION}, {"protocol": BY_MU, "mu": "1"})
    for place in places:
        yield from of.mean(TABLE, {row: {**labels, **MEAN}}, PAIRS, labels=place, context=context)


IN_JDA: Mapping[str, Row] = {
    "1NN": line(NONE),
    "PCA(100)+1NN": line("PCA", 100),
    "GFK(100)+1NN": line("GFK", TWENTY_OR_TEN),
    "TCA(100)+1NN": line("TCA, unit length", 100),
    "JDA(100)+1NN": line("JDA", 100, UNIT),
}
IN_MEDA: Mapping[str, tuple[Row, str]] = {
    "1NN": (line(NONE), "JDA's row, rounded"),
    "PCA": (line("PCA", 30), ""),
    "TCA": (line("TCA", 30, UNIT), ""),
    "JDA": (line("JDA", 30, UNIT), ""),
    "GFK": (line("GFK", 20), "its dimension is not known"),
    "SVM": (line(NONE, ALL, SCALED, LIBSVM), UNKNOWN_SVM),
    "CORAL": (line("CORAL", ALL, SCALED, LIBSVM), UNKNOWN_SVM),
}


def published() -> Iterator[Published]:
    for row, own in IN_JDA.items():
        yield from beside(JDA, row, own)
    yield from beside(JGSA, "SA(30)+1NN", line("SA", 30), "its normalisation is not known")
    for row, (own, context) in IN_MEDA.items():
        yield from beside(MEDA, row, own, context)
