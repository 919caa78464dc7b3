"""What the papers print, beside the lines of the plan that have their conventions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mtl_bench.plans.lines import Shallow
from mtl_bench.published import Paper, paper
from mtl_bench.study import Labels, Published

from .plan import BY_DIMENSION, BY_MU, DOMAINS, FULL, MEAN, SURF
from .rows import LIBSVM, SA_30, SCALED, TWENTY_OR_TEN, alone, coral, gfk, jda, pca, tca, unit_tca

JDA, JGSA, MEDA, CORAL = paper("long2013"), paper("zhang2017"), paper("wang2018"), paper("sun2016")
TABLE = "SURF table"
PAIRS = {"source": DOMAINS, "target": DOMAINS}
FITTED = "fitted: the convention here was found by comparison with this row"
UNKNOWN_SVM = "its SVM and normalisation are not known"


def beside(of: Paper, row: str, beside: Shallow, context: str = "") -> Iterator[Published]:
    """A row of a paper's table, and its mean, beside the line that has its conventions.

    The mean is computed from the pairs: the one that MEDA's table prints for the SVM does not follow from them.
    """
    labels: Labels = {**beside.convention, "features": SURF}
    yield from of.table(TABLE, {row: labels}, PAIRS, labels={"protocol": FULL}, context=context)
    places: tuple[Labels, ...] = ({"protocol": FULL}, {"protocol": BY_DIMENSION}, {"protocol": BY_MU, "mu": "1"})
    for place in places:
        yield from of.mean(TABLE, {row: {**labels, **MEAN}}, PAIRS, labels=place, context=context)


IN_JDA: Mapping[str, Shallow] = {
    "1NN": alone(SCALED),
    "PCA(100)+1NN": pca(100),
    "GFK(100)+1NN": gfk(TWENTY_OR_TEN),
    "TCA(100)+1NN": unit_tca(100),
    "JDA(100)+1NN": jda(100),
}
IN_MEDA: Mapping[str, tuple[Shallow, str]] = {
    "1NN": (alone(SCALED), "JDA's row, rounded"),
    "PCA": (pca(30), FITTED),
    "TCA": (tca(30), FITTED),
    "JDA": (jda(30), FITTED),
    "GFK": (gfk(20), "its dimension is not known"),
    "SVM": (alone(SCALED, LIBSVM), UNKNOWN_SVM),
    "CORAL": (coral(SCALED, LIBSVM), UNKNOWN_SVM),
}


def published() -> Iterator[Published]:
    for row, own in IN_JDA.items():
        yield from beside(JDA, row, own, FITTED)
    yield from beside(JGSA, "SA(30)+1NN", SA_30, "its normalisation is not known")
    for row, (own, context) in IN_MEDA.items():
        yield from beside(MEDA, row, own, context)
