"""The lines of the tables: every method under one convention or several, and how conventions to judge are chosen.

A convention is all that a table may leave unsaid: how features and projected points are scaled, the dimension, the SVM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mtl_bench.inputs.normalisation import Normalisation
from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.components import Projected
from mtl_bench.methods.shallow.coral import CORAL
from mtl_bench.methods.shallow.gfk import GFK
from mtl_bench.methods.shallow.jda import JDA
from mtl_bench.methods.shallow.kmm import KMM
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.ot import OptimalTransport
from mtl_bench.methods.shallow.pca import PCA
from mtl_bench.methods.shallow.sa import SA
from mtl_bench.methods.shallow.sstca import SSTCA
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.plans.lines import AS_THEY_ARE, Shallow

SCALED: Normalisation = "L1, z-score"
UNIT: Normalisation = "L1, z-score, unit length"
LENGTH_1: Projected = "length 1"
NEIGHBOUR: Classifier = "1-NN"
SVM: Classifier = "linear SVM"
LIBSVM: Classifier = "one-against-one SVM"
NONE = "no adaptation"
TWENTY_OR_TEN = "20 or 10"  # by pair: what makes the whole of the published row


def pca(dimension: int, normalisation: Normalisation = SCALED, projected: Projected = AS_THEY_ARE) -> Shallow:
    return Shallow("PCA", PCA(dimension, projected=projected), normalisation, dimension)


def tca(dimension: int, normalisation: Normalisation = UNIT, projected: Projected = LENGTH_1) -> Shallow:
    """TCA as it was released and as tables mean it, with its authors' convention unless another is named."""
    return Shallow("TCA", TCA(dimension, variant="released", projected=projected), normalisation, dimension)


def paper_tca(dimension: int, normalisation: Normalisation = UNIT, projected: Projected = AS_THEY_ARE) -> Shallow:
    return Shallow("TCA, paper", TCA(dimension, projected=projected), normalisation, dimension)


def unit_tca(dimension: int, normalisation: Normalisation = SCALED) -> Shallow:
    return Shallow("TCA, unit eigenvectors", TCA(dimension, variant="unit eigenvectors"), normalisation, dimension)


def jda(dimension: int, normalisation: Normalisation = UNIT, projected: Projected = LENGTH_1) -> Shallow:
    return Shallow("JDA", JDA(dimension, kernel="linear", projected=projected), normalisation, dimension)


def alone(normalisation: Normalisation, classifier: Classifier = NEIGHBOUR) -> Shallow:
    return Shallow(NONE, NoAdaptation(classifier), normalisation, classifier=classifier)


def coral(normalisation: Normalisation, classifier: Classifier = SVM) -> Shallow:
    return Shallow("CORAL", CORAL(classifier=classifier), normalisation, classifier=classifier)


def gfk(dimension: int | str) -> Shallow:
    return Shallow("GFK", GFK(20), SCALED, dimension)


SA_30 = Shallow("SA", SA(30, classifier=NEIGHBOUR, normalise=False), SCALED, 30)
TRANSPORT = Shallow("OT with classes", OptimalTransport(), UNIT)
WEIGHTED = Shallow("KMM", KMM(), UNIT, classifier=SVM)


@dataclass(frozen=True)
class Comparison:
    """Two methods under one convention, the one of several whose two accuracies have the highest mean on one half of
    the target's points; it is judged on the other half.
    """

    of: Callable[..., Shallow]
    over: Callable[..., Shallow]
    conventions: tuple[tuple[Any, ...], ...]
    chosen: tuple[Any, ...]

    @property
    def sides(self) -> tuple[Shallow, Shallow]:
        return self.of(*self.chosen), self.over(*self.chosen)

    @property
    def candidates(self) -> tuple[Shallow, ...]:
        return tuple(side(*convention) for side in (self.of, self.over) for convention in self.conventions)


PROJECTIONS = tuple(
    (dimension, normalisation, projected)
    for dimension in (30, 100)
    for normalisation in (SCALED, UNIT)
    for projected in (AS_THEY_ARE, LENGTH_1)
)
SVMS = tuple((normalisation, classifier) for normalisation in (SCALED, UNIT) for classifier in (SVM, LIBSVM))
TCA_OVER_PCA = Comparison(tca, pca, PROJECTIONS, (30, UNIT, LENGTH_1))
JDA_OVER_TCA = Comparison(jda, tca, PROJECTIONS, (30, UNIT, LENGTH_1))
CORAL_OVER_NONE = Comparison(coral, alone, SVMS, (UNIT, SVM))
COMPARISONS = (TCA_OVER_PCA, JDA_OVER_TCA, CORAL_OVER_NONE)
CANDIDATES = tuple(dict.fromkeys(row for comparison in COMPARISONS for row in comparison.candidates))

ROWS = (
    alone(SCALED),
    alone(UNIT),
    pca(100),
    pca(30),
    pca(20),
    pca(30, UNIT),
    pca(30, UNIT, LENGTH_1),
    tca(30),
    tca(30, UNIT, AS_THEY_ARE),
    paper_tca(30),
    paper_tca(100, SCALED),
    unit_tca(100),
    Shallow("SSTCA", SSTCA(30), UNIT, 30),
    gfk(20),
    gfk(TWENTY_OR_TEN),
    SA_30,
    jda(100),
    jda(30),
    Shallow("OT, exact", OptimalTransport("none"), UNIT),
    TRANSPORT,
    alone(UNIT, SVM),
    coral(UNIT),
    WEIGHTED,
    alone(SCALED, LIBSVM),
    coral(SCALED, LIBSVM),
)
SAMPLED = tuple(dict.fromkeys([*ROWS, *(row for comparison in COMPARISONS for row in comparison.sides)]))
REGULARISED = (tca(30), paper_tca(30), unit_tca(30, UNIT), jda(30))
